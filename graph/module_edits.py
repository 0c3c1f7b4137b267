"""Edits of modules: define, forget, expose, rename, and any edit inside one; each with its inverse.

One history holds them with all others: an edit inside a module is an ordinary edit, applied one level down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from graph.edits import UNSET, Compound, Connect, Edit, SetHyperparameter
from graph.module import Exposed, ModuleError, ModuleType, check_module_name
from graph.network import Network

if TYPE_CHECKING:
    from graph.document import Document


@dataclass(frozen=True, slots=True)
class DefineModule:
    """Add a module to the project."""

    module: ModuleType
    place: int | None = None  # in the project's order, the last by default

    @property
    def text(self) -> str:
        return f"Define {self.module.name}"

    def apply(self, document: Document) -> Edit:
        modules = document.network.modules
        check_module_name(document.network, self.module.name)
        self.module.network.modules = modules
        behind = [] if self.place is None else list(modules)[self.place :]
        modules[self.module.name] = self.module
        for name in behind:
            modules[name] = modules.pop(name)
        document.touched.modules.add(self.module.name)
        return ForgetModule(self.module.name)


@dataclass(frozen=True, slots=True)
class ForgetModule:
    """Remove a module that stands nowhere."""

    name: str

    @property
    def text(self) -> str:
        return f"Remove {self.name}"

    def apply(self, document: Document) -> Edit:
        places = [f"{block.name} in {network.name}" for network, block in places_of(document.network, self.name)]
        if places:
            raise ModuleError(f"{self.name} stands as {', '.join(places[:5])}: remove those first")
        place = list(document.network.modules).index(self.name)
        module = document.network.modules.pop(self.name)
        document.touched.modules.add(self.name)
        return DefineModule(module, place)


@dataclass(frozen=True, slots=True)
class Inside:
    """An edit of a module's inside; every place of the module follows."""

    name: str
    edit: Edit

    @property
    def text(self) -> str:
        return f"{self.edit.text} in {self.name}"

    def apply(self, document: Document) -> Edit:
        module = document.network.modules[self.name]
        before = _port_names(module)
        with document.inside(self.name):
            inverse = self.edit.apply(document)
        lost = _follow_ports(document, self.name, before, _port_names(module))
        back = Inside(self.name, inverse)
        return Compound(back.text, (back, *lost)) if lost else back


@dataclass(frozen=True, slots=True)
class SetExposed:
    """Offer other hyperparameters; no place may set one that goes (`expose` unsets them first)."""

    name: str
    exposed: tuple[Exposed, ...]

    @property
    def text(self) -> str:
        return f"Expose hyperparameters of {self.name}"

    def apply(self, document: Document) -> Edit:
        module = document.network.modules[self.name]
        old = module.exposed
        gone = {one.name for one in old} - {one.name for one in self.exposed}
        for network, block in places_of(document.network, self.name):
            if held := gone & block.hyperparameters.keys():
                raise ModuleError(f"{block.name} in {network.name} sets {', '.join(sorted(held))}: unset it first")
        module.expose(self.exposed)
        document.touched.modules.add(self.name)
        return SetExposed(self.name, old)


@dataclass(frozen=True, slots=True)
class RenameModule:
    """Give a module another name, at every place it stands."""

    old: str
    name: str

    @property
    def text(self) -> str:
        return f"Rename {self.old} to {self.name}"

    def apply(self, document: Document) -> Edit:
        modules = document.network.modules
        if self.name != self.old:
            check_module_name(document.network, self.name)
        places = list(places_of(document.network, self.old))
        order = [self.name if name == self.old else name for name in modules]
        module = modules.pop(self.old)
        module.name = self.name
        module.network.name = self.name
        modules[self.name] = module
        for name in order:
            modules[name] = modules.pop(name)
        for network, block in places:
            network.replace_block(block.having(type=self.name))
            if network is document.network:
                document.touched.edited.add(block.id)
        document.touched.modules.add(self.name)
        return RenameModule(self.name, self.old)


def places_of(root: Network, name: str):
    """(network, block) for every place a module stands, at all levels."""
    for network in (root, *(module.network for module in root.modules.values())):
        for block in network.blocks.values():
            if block.type == name:
                yield network, block


def times_placed(root: Network, name: str) -> int:
    """How often a module stands in the whole unfolded network; repeats of one place count once."""
    direct = {network: [] for network in (root, *(module.network for module in root.modules.values()))}
    for network in direct:
        direct[network] = [block.type for block in network.blocks.values() if block.type in root.modules]

    @cache
    def within(holder: str) -> int:
        types = direct[root if not holder else root.modules[holder].network]
        return sum(1 if type == name else within(type) for type in types)

    return within("")


def _port_names(module: ModuleType) -> dict[str, str]:
    """The ports by the block that makes them."""
    return {b.id: b.name for role in ("input", "output") for b in module.network.with_role(role)}


def _follow_ports(document: Document, name: str, before: dict[str, str], after: dict[str, str]) -> list[Edit]:
    """Lead wires at all places to the new names of ports; those of ports that went are cut, and edits redraw them."""
    if before == after:
        return []
    renamed = {old: after.get(id) for id, old in before.items() if after.get(id) != old}
    root, lost = document.network, []
    for network, block in list(places_of(root, name)):
        for end, wires in (("input", network.wires_into(block)), ("output", network.wires_out(block))):
            for wire in [wire for wire in wires if getattr(wire, end) in renamed]:
                new = renamed[getattr(wire, end)]
                network.remove_wire(wire.id)
                if network is root:
                    document.touch_wire_removed(wire)
                if new is None:
                    lost.append(Connect(wire) if network is root else Inside(network.name, Connect(wire)))
                    continue
                network.insert_wire(replace(wire, **{end: new}))
                if network is root:
                    document.touch_wire_added(wire)
    return lost


def expose(root: Network, name: str, exposed: tuple[Exposed, ...]) -> Compound:
    """The edit that offers these hyperparameters, and unsets at all places those that go."""
    gone = {one.name for one in root.modules[name].exposed} - {one.name for one in exposed}
    edits: list[Edit] = []
    for network, block in places_of(root, name):
        for hyperparameter in sorted(gone & block.hyperparameters.keys()):
            edit = SetHyperparameter(block.id, hyperparameter, UNSET)
            edits.append(edit if network is root else Inside(network.name, edit))
    edit = SetExposed(name, exposed)
    return Compound(edit.text, (*edits, edit))
