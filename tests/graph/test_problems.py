"""Rules: each has a smallest network that breaks it; its fix mends that, breaks nothing else, and can be undone."""

import pytest

from graph import DataSource, Document, Field, Network, Recipe
from graph.edits import SetProperty
from graph.problems import RULES, bring_back, silencing
from graph.project_file import to_json
from graph.weights import initial

LABELS = tuple("0123456789")
DIGITS = DataSource(
    kind="digits",
    fields=(Field(name="image", shape=(1, 8, 8)), Field(name="label", dtype="int64", classes=LABELS)),
)
BOTH = DataSource(
    kind="breast_cancer",
    fields=(
        Field(name="features", shape=(30,)),
        Field(name="label", dtype="int64", classes=("no", "yes")),
        Field(name="target", shape=(1,)),
    ),
)
WORDS = DataSource(kind="npz", fields=(Field(name="word", shape=(5,), dtype="int64", classes=LABELS),))


def drawn(*blocks, goal=None, loss=None, recipe=None, **properties) -> Document:
    """Blocks in a row, each `Type` or `(Type, values)`, named a, b, c ...; then a loss against a Target, or an Output.

    `properties` are those of single blocks: `b=("frozen", True)`.
    """
    net = Network("Drawn")
    last = None
    for place, entry in enumerate(blocks):
        kind, values = entry if isinstance(entry, tuple) else (entry, {})
        block = net.add(kind, name="abcdefghijkl"[place], **values)
        if last is not None:
            net.connect(last, block)
        last = block
    if loss is not None:
        target = net.add("Target", name="t", **(goal or {"shape": (), "dtype": "int64"}))
        kind, values = loss if isinstance(loss, tuple) else (loss, {})
        end = net.add(kind, name="loss", **values)
        net.connect(last, end, input="input")
        net.connect(target, end, input="target")
    else:
        net.connect(last, net.add("Output", name="y"))
    document = Document(net, recipe)
    for name, (property, value) in properties.items():
        document.do(SetProperty((net.block(name).id,), property, value))
    return document


def vector(n: int = 4) -> tuple:
    return "Input", {"shape": (n,)}


def image(*shape: int) -> tuple:
    return "Input", {"shape": shape}


def linear(n: int, **values) -> tuple:
    return "Linear", {"out_features": n, **values}


def conv(kernel, channels: int = 4, **values) -> tuple:
    return "Conv2d", {"out_channels": channels, "kernel_size": kernel, **values}


def pool(kernel, **values) -> tuple:
    return "MaxPool2d", {"kernel_size": kernel, **values}


def bound(field: str, kind: str = "Input") -> tuple:
    return kind, {"field": field}


FLOATS = {"shape": (1,), "dtype": "float32"}
LABEL = {"field": "label"}
DENSE = (bound("image"), "Flatten", linear(10))


def on_digits(*blocks, **changes) -> Document:
    return drawn(*(blocks or DENSE), loss="CrossEntropyLoss", goal=LABEL, recipe=Recipe(data=DIGITS, **changes))


def two_ways(types: tuple[str, str], joint: str) -> Document:
    """An image through two blocks that meet again."""
    document = drawn(image(4, 9, 9), types[0])
    net = document.network
    other = net.add(types[1][0], name="other", **types[1][1])
    meeting = net.add(joint, name="meeting")
    net.connect("a", other)
    net.connect("b", meeting)
    net.connect(other, meeting)
    net.connect(meeting, net.add("Output", name="y2"))
    return Document(net)


def beside(document: Document, kind: str, name: str, after: str | None = None, **values) -> Document:
    net = document.network
    block = net.add(kind, name=name, **values)
    if after:
        net.connect(after, block)
    return Document(net, document.recipe)


def two_losses() -> Document:
    document = drawn(vector(), linear(1), loss="MSELoss", goal=FLOATS)
    net = document.network
    second = net.add("L1Loss", name="second", reduction="sum")
    net.connect("b", second, input="input")
    net.connect("t", second, input="target")
    return Document(net)


# code -> a network that breaks the rule, and words that its text must hold
CASES = {
    "no_input": (lambda: Document(_only("ReLU")), "no Input"),
    "no_output": (lambda: Document(_only("Input", shape=(3,))), "no Output"),
    "not_bound": (lambda: drawn(vector(), linear(2), recipe=Recipe(data=DIGITS)), "no field"),
    "unused": (lambda: beside(drawn(vector(), linear(2)), "ReLU", "extra", "b"), "nothing reads"),
    "leads_nowhere": (
        lambda: beside(_with_branch(), "ReLU", "end", "lost"),
        "15 parameters never train",
    ),
    "unread_source": (lambda: beside(drawn(vector(), linear(2)), "Input", "extra", shape=(3,)), "nothing reads it"),
    "same_field": (lambda: _siamese(), "reads image, as a does"),
    "missing_target": (lambda: drawn(*DENSE, recipe=Recipe(data=DIGITS)), "no Target"),
    "several_outputs": (lambda: _several(), "2 outputs and 1 targets"),
    "double_softmax": (lambda: drawn(vector(), linear(3), "Softmax", loss="CrossEntropyLoss"), "applies log-softmax"),
    "double_sigmoid": (lambda: drawn(vector(), linear(1), "Sigmoid", loss="BCEWithLogitsLoss", goal=FLOATS), "0.731"),
    "sigmoid_missing": (lambda: drawn(vector(), linear(1), loss="BCELoss", goal=FLOATS), "0 to 1"),
    "log_softmax_missing": (lambda: drawn(vector(), linear(3), loss="NLLLoss"), "log-probabilities"),
    "softmax_twice": (lambda: drawn(vector(), linear(3), "Softmax", "LogSoftmax"), "softmax already"),
    "clipped_scores": (lambda: drawn(vector(), linear(3), "ReLU", loss="CrossEntropyLoss"), "below 0"),
    "clipped_answer": (lambda: drawn(vector(), linear(1), "ReLU", loss="MSELoss", goal=FLOATS), "never below 0"),
    "regression_on_classes": (
        lambda: drawn(bound("image"), "Flatten", linear(10), ("SelectStep", {"index": 0, "dim": 1}),
                      loss="MSELoss", goal=LABEL, recipe=Recipe(data=DIGITS)),
        "10 classes",
    ),
    "one_score": (lambda: drawn(vector(), linear(1), loss="CrossEntropyLoss"), "always 1"),
    "spare_classes": (lambda: on_digits(bound("image"), "Flatten", linear(12)), "10 classes, but c gives 12"),
    "no_gradient": (
        lambda: drawn(vector(), linear(3), ("Compare", {"relation": "above", "number": 0.0}), loss="MSELoss",
                      goal={"shape": (3,), "dtype": "float32"}),
        "no gradient",
    ),
    "accuracy_of_values": (lambda: _regression_with_accuracy(), "above 0.5"),
    "loss_scales": (two_losses, "64 samples it counts 64"),
    "linear_linear": (lambda: drawn(vector(8), linear(6), linear(2)), "68 parameters do what 18"),
    "conv_conv": (lambda: drawn(image(1, 9, 9), conv(3), conv(3)), "kernel of 5"),
    "activation_twice": (lambda: drawn(vector(), linear(3), "ReLU", "ReLU", linear(2)), "changes no value"),
    "saturating_stretch": (
        lambda: drawn(vector(), linear(4), "Sigmoid", linear(4), "Sigmoid", linear(4), "Sigmoid", linear(2)),
        "3 Sigmoid in a row end here: at most 0.016",
    ),
    "dropout_at_end": (lambda: drawn(vector(), linear(3), ("Dropout", {"p": 0.25})), "25 %"),
    "dropout_then_norm": (
        lambda: drawn(vector(), linear(3, bias=False), "Dropout", "BatchNorm1d", linear(2)), "2 times"
    ),
    "straight_leak": (lambda: drawn(vector(), ("LeakyReLU", {"negative_slope": 1.0}), linear(2)), "0.01 is usual"),
    "log_of_softmax": (lambda: drawn(vector(), linear(3), "Softmax", "Log"), "minus infinity"),
    "norm_at_end": (lambda: drawn(vector(), linear(3, bias=False), "BatchNorm1d"), "between the last layer and y"),
    "lost_border": (lambda: drawn(image(1, 7, 8), pool(2)), "the last of 7 rows is never seen"),
    "mostly_padding": (lambda: drawn(image(1, 3, 3), conv(7, padding=3)), "7 x 7, but the input is only 3 x 3"),
    "even_same": (lambda: drawn(image(1, 8, 8), conv(4, padding="same")), "pads 1 before and 2 behind"),
    "pools_nothing": (lambda: drawn(image(1, 8, 8), pool(1)), "changes nothing"),
    "drops_nothing": (lambda: drawn(vector(), ("Dropout", {"p": 0.0}), linear(2)), "0.5 is usual"),
    "needs_flatten": (lambda: drawn(image(1, 4, 4), linear(2)), "last dimension of N x 1 x 4 x 4 alone"),
    "huge_dense": (lambda: drawn(image(3, 64, 64), conv(3, 8), "Flatten", linear(64), "ReLU", linear(2)),
                   "100 % of all parameters are here: 1,968,192"),
    "one_wide": (lambda: drawn(vector(8), linear(1), "Tanh", linear(8)), "8 values become 1 here, and d makes 8"),
    "long_rnn": (lambda: drawn(image(150, 4), ("RNN", {"hidden_size": 3})), "150 steps"),
    "embedding_large": (lambda: _words(14), "4 rows (12 parameters) are spare"),
    "bias_before_norm": (lambda: drawn(image(1, 8, 8), conv(3), "BatchNorm2d", "ReLU"), "bias of b (4 parameters)"),
    "batch_of_one": (
        lambda: on_digits(bound("image"), "Flatten", linear(6, bias=False), "BatchNorm1d", linear(10), batch_size=1),
        "batch size is 1",
    ),
    "norm_of_one": (lambda: drawn(vector(1), "LayerNorm", linear(2)), "over 1 value"),
    "frozen_norm": (
        lambda: drawn(image(3, 8, 8), "BatchNorm2d", conv(3), b=("frozen", True)), "running mean and variance"
    ),
    "norm_twice": (lambda: drawn(image(3, 8, 8), "BatchNorm2d", "BatchNorm2d", "ReLU"), "6 parameters are undone"),
    "group_per_channel": (lambda: drawn(image(8, 6, 6), ("GroupNorm", {"num_groups": 8}), "ReLU"), "8 groups for 8"),
    "all_frozen": (lambda: _frozen(on_digits(), "c"), "all 650 parameters are frozen"),
    "nothing_to_train": (
        lambda: drawn(bound("image"), "Flatten", ("Slice", {"dim": 1, "start": 0, "end": 10}), loss="CrossEntropyLoss",
                      goal=LABEL, recipe=Recipe(data=DIGITS)),
        "0 parameters",
    ),
    "frozen_in_between": (
        lambda: drawn(vector(), linear(3), "ReLU", linear(2), d=("frozen", True)), "its 8 parameters are frozen"
    ),
    "symmetric_start": (
        lambda: drawn(vector(), linear(3), "ReLU", linear(2), b=("initial", {"weight": initial("zeros")})),
        "all 3 units begin with the same weights (zeros)",
    ),
    "learning_rate": (lambda: on_digits(learning_rate=0.5), "0.5 is large for Adam"),
    "batch_too_large": (lambda: on_digits(batch_size=2000), "2000 with 1437 samples"),
    "decay_with_adam": (lambda: on_digits(weight_decay=0.01), "0.01"),
}  # fmt: skip


def _only(kind: str, **values) -> Network:
    net = Network("Only")
    net.add(kind, name="a", **values)
    return net


def _regression_with_accuracy() -> Document:
    document = drawn(vector(), linear(1), loss="MSELoss", goal=FLOATS)
    net = document.network
    metric = net.add("Accuracy", name="accuracy")
    net.connect("b", metric, input="input")
    net.connect("t", metric, input="target")
    return Document(net)


def _with_branch() -> Document:
    return beside(drawn(vector(), linear(2)), "Linear", "lost", "a", out_features=3)


def _siamese() -> Document:
    document = on_digits()
    net = document.network
    second = net.add("Input", name="again", field="image")
    flat = net.add("Flatten", name="flat")
    net.connect(second, flat)
    net.connect(flat, net.add("Output", name="y"))
    return Document(net, document.recipe)


def _several() -> Document:
    document = drawn(*DENSE, recipe=Recipe(data=DIGITS))
    net = document.network
    net.add("Target", name="t", field="label")
    net.connect("b", net.add("Output", name="second"))
    return Document(net, document.recipe)


def _words(rows: int) -> Document:
    return drawn(bound("word"), ("Embedding", {"num_embeddings": rows, "embedding_dim": 3}), recipe=Recipe(data=WORDS))


def _frozen(document: Document, name: str) -> Document:
    document.do(SetProperty((document.network.block(name).id,), "frozen", True))
    return document


def of(document: Document, code: str) -> list:
    return [problem for problem in document.analysis.problems if problem.code == code]


def test_every_rule_that_looks_has_a_case():
    looking = {rule.code for rule in RULES.values() if rule.look is not None}
    assert looking == set(CASES) and len(looking) >= 40


def test_rules_say_what_they_are_and_why_it_matters():
    for rule in RULES.values():
        assert rule.title and rule.help.endswith((".", ")")) and len(rule.help) >= 20, rule.code
        assert rule.code.isidentifier() and rule.severity in ("error", "warning", "hint")


@pytest.mark.parametrize("code", CASES)
def test_the_smallest_network_that_breaks_it(code):
    build, words = CASES[code]
    document = build()
    found = of(document, code)
    assert found, [(p.code, p.text) for p in document.analysis.problems]
    assert words in found[0].text and found[0].severity == RULES[code].severity
    if code != "no_input":
        assert document.analysis.ok, [p.text for p in document.analysis.problems if p.severity == "error"]


@pytest.mark.parametrize("code", CASES)
def test_each_fix_mends_it_breaks_nothing_and_can_be_undone(code):
    document = CASES[code][0]()
    before, places = to_json(document), len(of(document, code))
    for place in range(len(of(document, code)[0].fixes)):
        fix = of(document, code)[0].fixes[place]
        document.apply_fix(fix)
        assert len(of(document, code)) < places, fix.title
        errors = [p.text for p in document.analysis.problems if p.severity == "error"]
        assert not errors, (fix.title, errors)
        document.undo()
        assert to_json(document) == before


@pytest.mark.parametrize("code", [code for code in CASES if RULES[code].severity != "error"])
def test_it_can_be_silenced_and_brought_back(code):
    document = CASES[code][0]()
    problem, before = of(document, code)[0], to_json(document)
    count = len(of(document, code))
    fix = silencing(problem)
    if problem.block is None:
        assert fix is None
        return
    document.apply_fix(fix)
    assert len(of(document, code)) == count - 1
    assert (code, problem.block) in [(p.code, p.block) for p in document.analysis.silenced]
    assert code not in [p.code for p in document.analysis.problems_of(problem.block)]
    document.do(bring_back(document.network, document.analysis.silenced))
    assert len(of(document, code)) == count and not document.analysis.silenced
    assert to_json(document) == before


def test_errors_are_always_told():
    document = drawn(image(1, 4, 4), conv(9))
    (error,) = of(document, "kernel_too_large")
    assert silencing(error) is None
    document.do(SetProperty((error.block,), "silenced", frozenset({"kernel_too_large"})))
    assert of(document, "kernel_too_large") and not document.analysis.silenced


# Shape errors whose fixes make the network whole

MENDED = {
    "kernel_too_large": lambda: drawn(image(1, 4, 4), conv(9)),
    "range": lambda: drawn(vector(), ("Hardtanh", {"min_val": 2.0, "max_val": 1.0}), linear(2)),
    "groups": lambda: drawn(image(3, 4, 4), conv(1, groups=2)),
    "same_stride": lambda: drawn(image(1, 8, 8), conv(3, padding="same", stride=2)),
    "concat": lambda: two_ways((pool(2), conv(1)), "Concatenate"),
    "broadcast": lambda: two_ways((conv(1, 8), conv(1, 4)), "Add"),
    "open": lambda: drawn(("Input", {"shape": (3, "H", "W")}), "Flatten", linear(2)),
    "classes": lambda: on_digits(bound("image"), "Flatten", linear(4)),
    "dropout_ignored": lambda: drawn(image(5, 4), ("LSTM", {"hidden_size": 3, "dropout": 0.5})),
    "not_scalar": lambda: drawn(vector(), linear(1), loss=("MSELoss", {"reduction": "none"}), goal=FLOATS),
    "drops_all": lambda: drawn(vector(), ("Dropout", {"p": 1.0}), linear(2)),
    "skips": lambda: drawn(image(1, 9, 9), conv(2, stride=3)),
    "dtype": lambda: drawn(
        bound("features"), linear(1), loss="BCEWithLogitsLoss", goal=LABEL, recipe=Recipe(data=BOTH)
    ),
}


@pytest.mark.parametrize("code", MENDED)
def test_what_block_types_tell_is_mended(code):
    document = MENDED[code]()
    before = to_json(document)
    found = of(document, code)
    assert found and found[0].fixes and code in RULES, [(p.code, p.text) for p in document.analysis.problems]
    for place in range(len(found[0].fixes)):
        document.apply_fix(of(document, code)[0].fixes[place])
        assert not of(document, code) and document.analysis.ok, [p.text for p in document.analysis.problems]
        document.undo()
        assert to_json(document) == before


def test_a_target_of_class_numbers_finds_the_field_of_floats():
    document = MENDED["dtype"]()
    assert [fix.title for fix in of(document, "dtype")[0].fixes] == ["Bind it to target"]


def test_a_table_with_too_few_rows_gets_as_many_as_there_are_numbers():
    document = _words(7)
    (problem,) = of(document, "classes")
    assert "10" in problem.text and "7" in problem.text
    document.apply_fix(problem.fixes[0])
    assert document.analysis.ok and document.network.values("b")["num_embeddings"] == 10
