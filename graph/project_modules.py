"""The modules of a project file: read from the innermost outward, so that each finds those it holds already whole.

Faults name the module and the place inside it. Knows the schema, not files.
"""

from __future__ import annotations

from collections.abc import Sequence

from graph import registry
from graph.module import Exposed, ModuleError, ModuleType, check_module_name
from graph.network import Network
from graph.project_records import ModuleRecord
from graph.project_schema import Fault, ProjectError, fill_network, raise_all, read_parts, shown


def read_modules(records: Sequence[ModuleRecord]) -> dict[str, ModuleType]:
    """The modules by name, in the order of the file; raises ProjectError with every fault."""
    faults: list[Fault] = []
    found: dict[str, ModuleType] = {}
    shells: dict[str, tuple[ModuleRecord, ModuleType, str]] = {}
    home = Network("modules", found)
    for index, record in enumerate(records):
        place = f"modules[{index}] {shown(record.name)}"
        try:
            check_module_name(home, record.name)
            if record.name in shells:
                raise ModuleError(f"there is a module {record.name} already; names are unique in a project")
            exposed = tuple(Exposed(one.name, one.default, one.help) for one in record.hyperparameters)
            shells[record.name] = (
                record,
                ModuleType(record.name, Network(record.name, found), exposed, record.note),
                place,
            )
        except ModuleError as error:
            faults.append(Fault(place, str(error)))
    raise_all(faults)
    for name in _inside_out(records):
        record, module, place = shells[name]
        try:
            fill_network(module.network, read_parts(record, [], found, place))
        except ProjectError as error:
            faults.extend(error.faults)
        found[name] = module
    raise_all(faults)
    order = [record.name for record in records]
    for name in order:
        found[name] = found.pop(name)
    return found


def _inside_out(records: Sequence[ModuleRecord]) -> list[str]:
    """Names so that each comes after those it holds; raises ProjectError for a module inside itself."""
    holds = {r.name: {b.type for b in r.blocks if not registry.is_known(b.type)} for r in records}
    holds = {name: inner & holds.keys() for name, inner in holds.items()}
    order: list[str] = []
    while len(order) < len(holds):
        ready = [name for name, inner in holds.items() if name not in order and inner <= set(order)]
        if not ready:
            left = ", ".join(name for name in holds if name not in order)
            raise ProjectError("modules", f"{left} stand inside one another; a module never holds itself")
        order += ready
    return order
