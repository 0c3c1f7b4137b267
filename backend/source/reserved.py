"""Names that generated source may not take: Python's, nn.Module's, and those the generated text itself uses.

Fixed sets rather than a look at the running Python and torch: a network's names, and so the keys of its saved weights,
must not depend on the machine. Tests hold them against the real `builtins`, `keyword` and `nn.Module`.
"""


def words(text: str) -> frozenset[str]:
    """The words of a text: long sets stay readable."""
    return frozenset(text.split())


KEYWORDS = words(
    """
    and as assert async await break case class continue def del elif else except finally for from global if import in
    is lambda lazy match nonlocal not or pass raise return try type while with yield
    """
)

BUILTINS = words(
    """
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex
    copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals
    hasattr hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min next
    object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str
    sum super tuple type vars zip
    """
)

MODULE_ATTRIBUTES = words(
    """
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr
    float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia
    named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
    """
)

# What the generated text says itself: imports, methods, functions, variables of the example at its end.
OURS = words("compute load_file model nn objective self sys torch")

IDENTIFIERS = KEYWORDS | BUILTINS | MODULE_ATTRIBUTES | OURS

# Builtin classes and imports that a class name (capitalised words without underscores) could shadow.
CLASS_NAMES = words(
    """
    ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError
    BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
    ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception
    ExceptionGroup F False FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError
    ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError
    KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError None NotADirectoryError NotImplemented
    NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
    PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning
    StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True
    TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError
    UnicodeWarning UserWarning ValueError Warning WindowsError ZeroDivisionError
    """
)
