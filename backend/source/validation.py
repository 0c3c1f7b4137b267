"""The last gate before text leaves the generator: its syntax tree may hold only what generated source is made of.

Whatever went wrong before (a name, a value, a block type that writes carelessly), a program that imports, calls or
reaches anything else is refused here. Knows nothing of networks.
"""

from __future__ import annotations

import ast
import re
from functools import cache, lru_cache

from backend.source import piece_texts
from backend.source.identifiers import LONGEST
from backend.source.literals import EQUATION, LARGEST, WORD
from backend.source.reserved import CLASS_NAMES, IDENTIFIERS, words
from graph import registry
from graph.weights import KINDS

IMPORTS = (
    "import torch",
    "import torch.nn.functional as F",
    "from torch import nn",
    "import sys",
    "from safetensors.torch import load_file",
)
FUNCTIONS = frozenset(("__init__", "forward", "compute", "objective"))
VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,%d}\Z" % (LONGEST + 20), re.ASCII)  # noqa: UP031 (braces are the pattern's)
CLASS = re.compile(r"[A-Z][A-Za-z0-9]{0,60}\Z", re.ASCII)
TITLE = re.compile(r"[A-Z][A-Za-z0-9]{0,60}, drawn with Netloom\.\Z", re.ASCII)
COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=]", re.ASCII)

# Functions of torch and methods of tensors that compute and do nothing else.
TORCH = words(
    """
    abs add amax amin argmax argmin bmm cat chunk clamp cos div einsum eq exp flatten float32 float64 float16
    bfloat16 gather int32 int64 uint8 bool log matmul max maximum mean min minimum mul neg norm numel outer permute
    pow prod relu reshape rsqrt sigmoid sin softmax split sqrt square squeeze stack std sub sum tanh tensor
    transpose unsqueeze var where zeros no_grad
    """
)
METHODS = words(
    """
    abs amax amin any argmax argmin chunk clamp contiguous cos detach dim div eq exp expand flatten float gather ge gt
    indices item le log long lt matmul max mean min mul ne new_ones new_tensor norm numel permute pow prod repeat
    reshape round select shape sigmoid sign sin size softmax split sqrt square squeeze std sub sum t tanh to topk
    transpose triu type_as unflatten unsqueeze var view requires_grad_
    """
)
FUNCTIONAL = words(
    """
    binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cosine_similarity cross_entropy ctc_loss
    gaussian_nll_loss hinge_embedding_loss huber_loss interpolate kl_div l1_loss log_softmax margin_ranking_loss
    mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss normalize
    one_hot pad pairwise_distance pixel_shuffle pixel_unshuffle poisson_nll_loss relu scaled_dot_product_attention
    sigmoid smooth_l1_loss soft_margin_loss softmax softplus tanh triplet_margin_loss
    """
)
INITIALS = frozenset(("calculate_gain", *(f"{kind}_" for kind in KINDS)))
# A parameter of a submodule, at most one level down: self.attention.out_proj.weight, self.lstm.weight_ih_l0.
WEIGHT = re.compile(r"self(\.[a-z][a-z0-9_]*){1,2}\.([a-z0-9_]+_)?(weight|bias)(_[a-z0-9_]+)?\Z", re.ASCII)
EXAMPLE_CALLS = frozenset(("len", "load_file", "print"))
MODULE_CALLS = frozenset(("eval", "load_state_dict"))
HARMLESS = (ast.Load, ast.Store, ast.operator, ast.unaryop, ast.cmpop, ast.Expr, ast.Pass, ast.Return, ast.BinOp)
HARMLESS += (ast.UnaryOp, ast.Compare, ast.List, ast.Tuple, ast.Dict, ast.Slice)


class ForeignSource(ValueError):
    """Generated text holds something generated text never holds: a mistake of ours, stopped here."""


def validate(text: str) -> None:
    """Raise ForeignSource unless the text is a module as the generator writes them."""
    if any(COOKIE.match(line) for line in text.split("\n", 2)[:2]):
        raise ForeignSource("a comment would change the encoding of the file")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise ForeignSource(f"the text is no Python: {error}") from error
    _Gate().module(tree)


class _Gate:
    """Walks one tree; what a Name may be depends on the class defined and on the part of the text."""

    def __init__(self):
        self._classes: list[str] = []
        self._example = False

    def module(self, tree: ast.Module) -> None:
        body = list(tree.body)
        if body and _is_title(body[0]):
            body.pop(0)
        for statement in body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement)
            elif isinstance(statement, ast.ClassDef):
                self._class_definition(statement)
            elif isinstance(statement, ast.FunctionDef) and statement.name == "objective":
                self._walk(statement)
            elif isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'":
                self._run_as_program(statement)
            else:
                raise _foreign(statement)

    def _import(self, statement: ast.stmt) -> None:
        if ast.unparse(statement) not in IMPORTS:
            raise _foreign(statement)

    def _class_definition(self, node: ast.ClassDef) -> None:
        if node.name in piece_texts.names():
            if node.name in self._classes or ast.dump(node) != piece_texts.form_of(node.name):
                raise _foreign(node)
            self._classes.append(node.name)
            return
        bases = [ast.unparse(base) for base in node.bases]
        if node.name in self._classes or bases != ["nn.Module"] or node.keywords or node.decorator_list:
            raise _foreign(node)
        if not CLASS.match(node.name) or node.name in CLASS_NAMES:
            raise _foreign(node)
        for statement in node.body:
            if not isinstance(statement, ast.FunctionDef | ast.Pass):
                raise _foreign(statement)
            self._walk(statement)
        self._classes.append(node.name)  # from here on it may be made; never inside itself

    def _run_as_program(self, node: ast.If) -> None:
        if node.orelse:
            raise _foreign(node)
        self._example = True
        for statement in node.body:
            self._walk(statement)
        self._example = False

    def _walk(self, root: ast.AST) -> None:
        stack = [root]
        checks = self._checks
        while stack:
            node = stack.pop()
            check = checks.get(type(node))
            if check is not None:
                check(self, node)
            elif not isinstance(node, HARMLESS):
                raise _foreign(node)
            for name in node._fields:
                child = getattr(node, name)
                if isinstance(child, ast.AST):
                    stack.append(child)
                elif isinstance(child, list):
                    stack.extend(item for item in child if isinstance(item, ast.AST))

    def _function(self, node: ast.FunctionDef) -> None:
        if node.name not in FUNCTIONS or node.decorator_list or node.returns or getattr(node, "type_params", None):
            raise _foreign(node)
        if node.args.defaults and node.name != "__init__":
            raise _foreign(node)

    def _arguments(self, node: ast.arguments) -> None:
        plain = all(isinstance(default, ast.Constant) for default in node.defaults)
        if node.vararg or node.kwarg or not plain or node.kwonlyargs or node.posonlyargs:
            raise _foreign(node)

    def _argument(self, node: ast.arg) -> None:
        if node.annotation or not (node.arg == "self" or is_variable(node.arg)):
            raise _foreign(node)

    def _name(self, node: ast.Name) -> None:
        name = node.id
        if is_variable(name) or name in ("self", "_"):
            return
        if isinstance(node.ctx, ast.Load) and name in ("torch", "nn", "F", "super"):
            return
        if isinstance(node.ctx, ast.Load) and (name in self._classes or name == "range"):
            return
        if self._example and (name in EXAMPLE_CALLS or name in ("model", "sys")):
            return
        raise _foreign(node)

    def _attribute(self, node: ast.Attribute) -> None:
        owner = node.value.id if isinstance(node.value, ast.Name) else None
        if owner == "self":
            fine = is_variable(node.attr) or node.attr == "compute"
        elif owner == "nn":
            fine = node.attr in _module_names() or node.attr in ("Parameter", "init")
        elif ast.unparse(node.value) == "nn.init":
            fine = node.attr in INITIALS
        elif owner == "F":
            fine = node.attr in FUNCTIONAL
        elif owner == "torch":
            fine = node.attr in TORCH
        elif owner == "sys":
            fine = node.attr == "argv"
        elif node.attr == "__init__":
            fine = ast.unparse(node.value) == "super()"
        elif WEIGHT.match(ast.unparse(node)):
            return  # self.head.weight = self.embedding.weight
        else:
            fine = node.attr in METHODS or (self._example and node.attr in MODULE_CALLS)
        if not fine or (isinstance(node.ctx, ast.Store) and owner != "self"):
            raise _foreign(node)

    def _call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            fine = node.func.id == "super" and not node.args and not node.keywords
            fine = fine or node.func.id in self._classes or (node.func.id == "range" and len(node.args) == 1)
            if self._example:
                fine = fine or node.func.id in EXAMPLE_CALLS or node.func.id == "model"
            if not fine:
                raise _foreign(node)
        elif not isinstance(node.func, ast.Attribute):
            raise _foreign(node)

    def _keyword(self, node: ast.keyword) -> None:
        if node.arg is None or not re.fullmatch(r"[a-z][a-z0-9_]*", node.arg, re.ASCII):
            raise _foreign(node)

    def _constant(self, node: ast.Constant) -> None:
        value, kind = node.value, type(node.value)
        if kind is str:
            fine = WORD.match(value) is not None or EQUATION.match(value) is not None
        elif kind is int:
            fine = -LARGEST <= value <= LARGEST
        else:
            fine = value is None or kind is bool or (kind is float and abs(value) < float("inf"))
        if not fine:
            raise _foreign(node)

    def _subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.value, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
            raise _foreign(node)

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name | ast.Tuple | ast.Attribute):
            raise _foreign(node)
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Attribute) and not isinstance(target.value, ast.Name):
            made = isinstance(value, ast.Call) and ast.unparse(value.func) == "nn.Parameter"
            if not made and not (isinstance(value, ast.Attribute) and WEIGHT.match(ast.unparse(value))):
                raise _foreign(node)

    def _starred(self, node: ast.Starred) -> None:
        if not isinstance(node.value, ast.GeneratorExp):
            raise _foreign(node)

    def _generator(self, node: ast.GeneratorExp) -> None:
        """Layers in a row: `Bottleneck(256, 64) for _ in range(3)`."""
        if len(node.generators) != 1 or not (isinstance(node.elt, ast.Call) and isinstance(node.elt.func, ast.Name)):
            raise _foreign(node)

    def _comprehension(self, node: ast.comprehension) -> None:
        counts = isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range"
        if node.ifs or node.is_async or not counts or ast.unparse(node.target) not in ("_", "i"):
            raise _foreign(node.iter)

    def _import_in_example(self, node: ast.stmt) -> None:
        self._only_in_example(node)
        self._import(node)

    def _only_in_example(self, node: ast.AST) -> None:
        if not self._example:
            raise _foreign(node)

    _checks = {  # noqa: RUF012 (a table, never changed)
        ast.FunctionDef: _function,
        ast.arguments: _arguments,
        ast.arg: _argument,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Call: _call,
        ast.keyword: _keyword,
        ast.Constant: _constant,
        ast.Subscript: _subscript,
        ast.Assign: _assign,
        ast.Starred: _starred,
        ast.GeneratorExp: _generator,
        ast.comprehension: _comprehension,
        ast.Import: _import_in_example,
        ast.ImportFrom: _import_in_example,
        ast.alias: _only_in_example,
        ast.If: _only_in_example,
        ast.With: _only_in_example,
        ast.withitem: _only_in_example,
        ast.For: _only_in_example,
    }


@lru_cache(maxsize=100_000)
def is_variable(name: str) -> bool:
    """Whether generated source may use this name for a value or a submodule of its own."""
    return VARIABLE.match(name) is not None and name not in IDENTIFIERS


@cache
def _module_names() -> frozenset[str]:
    """Classes of torch.nn that block types stand for."""
    return frozenset(declared.name for declared in registry.all_types()) | {"Identity", "Module", "Sequential"}


def _is_title(node: ast.stmt) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str) and bool(TITLE.match(constant.value))


def _foreign(node: ast.AST) -> ForeignSource:
    place = f"line {node.lineno}: " if hasattr(node, "lineno") else ""
    return ForeignSource(f"{place}{type(node).__name__} {ast.unparse(node)[:80]!r} has no place in generated source")
