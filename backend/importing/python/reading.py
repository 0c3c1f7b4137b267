"""Draws a model: its inputs are placed, its forward is gone through, its results become outputs.

Begins again where something shows on the way that has to be known before: a shape, an order, what is drawn in place.
"""

from __future__ import annotations

import ast
from typing import Any

from backend.importing.imported import CannotImport, Imported
from backend.importing.python import calling
from backend.importing.python.choice import Chosen
from backend.importing.python.drawing import Level, output, place
from backend.importing.python.generalizing import generalize
from backend.importing.python.inputs import Asked, Shape, asked, guesses
from backend.importing.python.learned import learned_as_tensor
from backend.importing.python.module_tree import children_of, modules_of, names_of
from backend.importing.python.pruning import prune, upstream
from backend.importing.python.running import BatchSecond, DrawInline, Misfit, OutOfSteps, Run
from backend.importing.python.submodules import paths_of
from backend.importing.python.values import (
    Container,
    Example,
    Function,
    Instance,
    Layer,
    Learned,
    Named,
    Numbers,
    Tensor,
    Unknown,
)
from graph import analyze
from graph.names import check_name
from graph.network import Network
from graph.weight_rules import weights_of

SEQUENTIAL = (
    "RNN",
    "LSTM",
    "GRU",
    "MultiheadAttention",
    "TransformerEncoderLayer",
    "TransformerEncoder",
    "Transformer",
)
MOST_TURNS = 60  # times the drawing begins again for objects drawn in place


def read_model(run: Run, chosen: Chosen) -> Imported:
    """The network of a model with its notes; raises CannotImport."""
    wanted = asked(run, chosen.model, chosen.example)
    if wanted.shapes is not None:
        level = _drawn(run, chosen, wanted, wanted.shapes)
    else:
        level = _guessed(run, chosen, wanted)
    _note_unused(run, chosen.model)
    return Imported(level.network, tuple(run.notes))


def _guessed(run: Run, chosen: Chosen, wanted: Asked) -> Level:
    """Try shapes until the drawing has no errors and every declared size agrees."""
    hints = _looked_for(run, chosen, wanted)
    notes = list(run.notes)
    run.strict = True
    second = run.batch_second
    best: tuple[int, CannotImport] | None = None
    for tried in guesses(run, chosen.model, wanted.names, hints):
        shapes = [wanted.known.get(name, one) for name, one in zip(wanted.names, tried, strict=True)]
        run.notes = list(notes)
        run.batch_second = second
        try:
            level = _drawn(run, chosen, wanted, shapes)
        except OutOfSteps:
            raise
        except CannotImport as error:
            if best is None or run.blocks > best[0]:
                best = (run.blocks, error)
            if not isinstance(error, Misfit) and run.blocks > 400:
                break
            continue
        words = ", ".join(f"{name} as {shape}" for name, shape in zip(wanted.names, shapes, strict=True))
        run.notes.insert(
            len(notes), f"no example in the file calls the model: {words} was assumed, which fits all layers"
        )
        return level
    if best is None:
        raise CannotImport(
            run.file, "the shape of the input is not in the file: add a call such as model(torch.randn(...))"
        )
    where, text = best[1].where, best[1].text
    hint = " (no shape that was tried fits; a line such as model(torch.randn(1, 3, 224, 224)) tells the right one)"
    raise CannotImport(where, text + (hint if isinstance(best[1], Misfit) else "")) from None


def _looked_for(run: Run, chosen: Chosen, wanted: Asked) -> dict[int, Any]:
    """Which layer takes each input first, found by going through forward with inputs of no shape."""
    hints: dict[int, Any] = {}
    before = _remembered(run, chosen.model)
    _begin(run)
    try:
        args = {name: Example((index,), False, hints) for index, name in enumerate(wanted.names)}
        _called(run, chosen.model, {**args, **wanted.given})
    except OutOfSteps:
        raise
    except (CannotImport, DrawInline, BatchSecond):
        pass
    finally:
        _restore(before)
    return hints


def _begin(run: Run) -> None:
    """Forget what an attempt before has drawn."""
    run.blocks = run.depth = 0
    run.training = False
    run.level = None
    run.modules, run.class_of_module, run.drawings, run.made_with = {}, {}, {}, {}
    run.drawn, run.drawn_at = set(), {}


def _drawn(run: Run, chosen: Chosen, wanted: Asked, shapes: list[Shape]) -> Level:
    """The model drawn with inputs of these shapes."""
    notes = list(run.notes)
    for _ in range(MOST_TURNS):
        before = _remembered(run, chosen.model)
        _begin(run)
        run.notes = list(notes)
        try:
            return _draw(run, chosen, wanted, shapes)
        except DrawInline as again:
            if again.serial in run.inlined and again.serial:
                break
            run.inlined.add(again.serial)
        except BatchSecond:
            run.batch_second = True
        except OutOfSteps:
            raise
        except CannotImport:
            if run.batch_second or not _reads_time_first(run, chosen.model):
                raise
            run.batch_second = True
        finally:
            _restore(before)
    raise CannotImport(run.where(), "the same layers are used inside several classes in a way that no drawing has")


def _reads_time_first(run: Run, model: Any) -> bool:
    """Whether layers in the model want the batch second, and none wants it first."""
    layers = [one for one in modules_of(run, model) if isinstance(one, Layer) and one.type in SEQUENTIAL]
    layers = [one.arguments.get("encoder_layer", one) for one in layers]
    return bool(layers) and not any(
        isinstance(one, Layer) and one.arguments.get("batch_first") is True for one in layers
    )


def _draw(run: Run, chosen: Chosen, wanted: Asked, shapes: list[Shape]) -> Level:
    run.top_class = chosen.name
    level = Level(Network(_name(chosen.name), run.modules))
    run.level = level
    level.paths = paths_of(run, chosen.model)
    run.attribute_names = names_of(run, chosen.model)
    args: dict[str, Any] = {}
    for name, shape in zip(wanted.names, shapes, strict=True):
        args[name] = _input(run, level, name, shape)
    if run.batch_second:
        run.note("the model takes sequences with the batch second (T x N); the drawing has it in front", 0)
    run.inlined.add(getattr(chosen.model, "serial", 0))
    result = _called(run, chosen.model, {**args, **wanted.given})
    _finish(run, level, result, _line_of(chosen.model))
    return level


def _line_of(model: Any) -> int:
    """Where forward begins."""
    forward = model.cls.lookup("forward") if isinstance(model, Instance) else None
    return forward.node.lineno if isinstance(forward, Function) else 0


def _name(name: str) -> str:
    try:
        return check_name(name)
    except ValueError:
        return "Network"


def _input(run: Run, level: Level, name: str, shape: Shape) -> Tensor:
    sizes = shape.sizes
    second = run.batch_second and len(sizes) >= 1
    values = {"shape": sizes} | ({} if shape.dtype == "float32" else {"dtype": shape.dtype})
    block = place(run, "Input", [], values, name, level)
    rank = len(sizes) + 1
    return output(run, block, level, order=(1, 0, *range(2, rank)) if second else None)


def _called(run: Run, model: Any, given: dict[str, Any]) -> Any:
    """What forward gives; of a file that Netloom wrote with an objective, what `compute` gives."""
    if not isinstance(model, Instance):
        return calling.call_module(run, model, list(given.values()), {})
    compute = model.cls.lookup("compute")
    forward = model.cls.lookup("forward")
    if isinstance(compute, Function) and isinstance(forward, Function) and _only_passes_on(forward):
        run.note("everything that compute returns became an output", compute.node.lineno)
        return calling.invoke(run, compute, [model], given)
    if isinstance(forward, Function) and forward.node.args.vararg is not None and len(given) == 1:
        return calling.call_module(run, model, list(given.values()), {})
    if isinstance(forward, Function):
        return calling.call_module(run, model, [], given)
    return calling.call_module(run, model, list(given.values()), {})


def _only_passes_on(forward: Function) -> bool:
    """Whether forward is `return self.compute(...)[...]`."""
    body = forward.node.body if isinstance(forward.node, ast.FunctionDef) else []
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Subscript):
        return False
    call = body[0].value.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "compute"


def _finish(run: Run, level: Level, result: Any, line: int) -> None:
    """An Output for everything forward returns; weights that lead nowhere get one of their own."""
    found = list(_results(run, result, ""))
    if not found:
        run.refuse("forward returns no tensor, so that there is nothing to draw an Output for", line)
    ends = []
    for name, tensor in found:
        if tensor.order is not None and tensor.order != tuple(range(len(tensor.order))):
            run.note("a result has the batch in another dimension in the source; the drawing has it in front", 0)
        wanted = name if len(found) > 1 and name and not name.isdigit() else "output"
        ends.append(place(run, "Output", [("input", Tensor(level, tensor.block, tensor.port))], {}, wanted, level).id)
    ends += _loose_ends(run, level, ends)
    prune(level.network, ends)
    _drop_unused_modules(run, level.network)
    _generalized(run, level)


def _generalized(run: Run, level: Level) -> None:
    """Modules that differ in numbers only become one; as a check the whole is counted again."""
    if not run.generalizes or not run.modules:
        return
    before = level.analyzer.analysis.total_parameters
    generalize(run, level.network)
    after = analyze(level.network)
    if not after.ok or after.total_parameters != before:
        run.generalizes = False
        raise DrawInline(0)


def _results(run: Run, value: Any, name: str, depth: int = 0) -> Any:
    """(name, tensor) of everything that is returned, lists and dictionaries included."""
    run.need(value)
    run.spend()
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Learned):
        yield name, learned_as_tensor(run, value)
    elif isinstance(value, Named):
        yield from _results(run, value.values, name, depth + 1)
    elif isinstance(value, dict) and depth < 6:
        for key, one in value.items():
            yield from _results(run, one, str(key), depth + 1)
    elif isinstance(value, list | tuple) and depth < 6:
        for index, one in enumerate(value):
            yield from _results(run, one, f"{name}{index + 1}" if name else str(index + 1), depth + 1)
    elif isinstance(value, Unknown | Numbers):
        run.note("a constant among the results is left out", 0)


def _loose_ends(run: Run, level: Level, ends: list[str]) -> list[str]:
    """Branches with weights that lead to no result."""
    network, analysis = level.network, level.analyzer.analysis
    reached = upstream(network, ends)
    made = []
    for id in list(network.order()):
        block = network.blocks[id]
        if id in reached or network.wires_out(id) or not network.type_of(id).outputs:
            continue
        behind = upstream(network, [id]) - reached
        if any(weights_of(analysis, one) and network.blocks[one].reuses is None for one in behind):
            port = network.type_of(id).outputs[0].name
            run.note(f"{block.name} leads to no result of forward; it became an output", 0)
            made.append(place(run, "Output", [("input", Tensor(level, id, port))], {}, f"{block.name}_out", level).id)
    return made


def _drop_unused_modules(run: Run, network: Network) -> None:
    used: set[str] = set()
    waiting = [block.type for block in network.blocks.values() if block.type in run.modules]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting.extend(b.type for b in run.modules[name].network.blocks.values() if b.type in run.modules)
    for name in run.modules.keys() - used:
        del run.modules[name]


def _note_unused(run: Run, model: Any) -> None:
    """Layers that the model has and forward never calls, as far up as all inside are."""
    unused: list[str] = []
    waiting = [(name, one) for name, one in children_of(model).items()]
    seen = {id(model)}
    while waiting:
        path, one = waiting.pop(0)
        run.spend()
        if id(one) in seen:
            continue
        seen.add(id(one))
        layers = [part for part in modules_of(run, one) if isinstance(part, Layer) and part.type != "Identity"]
        if layers and not any(part.serial in run.drawn for part in layers):
            unused.append(path)
        else:
            waiting[:0] = [(f"{path}.{name}", part) for name, part in children_of(one).items()]
    if unused:
        words = ", ".join(unused[:8]) + (" and others" if len(unused) > 8 else "")
        run.note(f"forward never calls {words}: left out", 0)


def _remembered(run: Run, model: Any) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The attributes of every object, so that another attempt begins with the same."""
    parts = modules_of(run, model)
    held = [one.attributes for one in parts if isinstance(one, Instance)]
    held += [one.children for one in parts if isinstance(one, Container)]
    held += [one.arguments for one in parts if isinstance(one, Layer)]
    return [(one, dict(one)) for one in held]


def _restore(before: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for held, copy in before:
        held.clear()
        held.update(copy)
