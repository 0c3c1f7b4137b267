"""Level: the inside of one module's place, with the face of a document, so that views need not know where they are.

Its edits go through the project's one history; what it shows has the values and tensors of the place stepped into.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psygnal import Signal

from graph.analysis import Analysis
from graph.analyzer import analyze_with
from graph.block_type import ShapeError
from graph.dim import DimError
from graph.document import Document
from graph.edits import Assume, Changes, Compound, Edit, RenameNetwork, SetRecipe
from graph.module import ModuleType
from graph.module_edits import DefineModule, ForgetModule, Inside, RenameModule, SetExposed
from graph.network import BlockId, Network
from graph.problem import Fix
from graph.recipe import Recipe

# These go to the project as they are.
OF_THE_PROJECT = (SetRecipe, Assume, DefineModule, ForgetModule, Inside, RenameModule, SetExposed)


class Level:
    """One place of a module, seen from within. `path` leads there: a block of the project, then blocks inside."""

    changed = Signal(Changes)

    def __init__(self, project: Document, path: tuple[BlockId, ...]):
        self.project = project
        self.path_of_blocks = tuple(path)
        self._module = self._walk()[-1][1]
        self._analysis = self._analyzed()
        self.history_changed = project.history_changed

    @property
    def module(self) -> ModuleType:
        """The definition that is edited here, and so at every place of it."""
        return self._module

    @property
    def network(self) -> Network:
        return self._module.network

    @property
    def analysis(self) -> Analysis:
        """Shapes, counts and problems inside this place, the first time through."""
        return self._analysis

    @property
    def recipe(self) -> Recipe:
        return self.project.recipe

    @property
    def path(self) -> Path | None:
        return self.project.path

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the places on the way here, the outermost first."""
        return tuple(name for name, _ in self._walk())

    @classmethod
    def leads(cls, project: Document, path: tuple[BlockId, ...]) -> bool:
        """Whether there is a module at the end of this way."""
        try:
            cls._walk_of(project, path)
        except KeyError:
            return False
        return True

    def stands(self) -> bool:
        """Whether the way here still exists and leads to the same definition."""
        try:
            return self._walk()[-1][1] is self._module
        except KeyError:
            return False

    # Changing

    def do(self, edit: Edit, merge: str | None = None) -> None:
        """Apply an edit inside, as one step of the project's history; edits of the project itself go there."""
        self.project.do(self._inside(edit), merge and f"{self._module.name} {merge}")

    @contextmanager
    def group(self, text: str) -> Iterator[None]:
        """Everything done within is one step; an exception takes it all back."""
        with self.project.group(f"{text} in {self._module.name}"):
            yield

    def apply_fix(self, fix: Fix) -> None:
        """Apply a problem's fix as one step."""
        self.do(fix.edit(self.network, self.recipe))

    def undo(self) -> None:
        self.project.undo()

    def redo(self) -> None:
        self.project.redo()

    @property
    def can_undo(self) -> bool:
        return self.project.can_undo

    @property
    def can_redo(self) -> bool:
        return self.project.can_redo

    @property
    def undo_text(self) -> str:
        return self.project.undo_text

    @property
    def redo_text(self) -> str:
        return self.project.redo_text

    @property
    def modified(self) -> bool:
        return self.project.modified

    # Following

    def follow(self, changes: Changes) -> None:
        """Take up what the project's last change did here, and tell it as changes of this inside."""
        if not self.stands():
            return
        own = changes.inside.get(self._module.name, Changes())
        before, self._analysis = self._analysis, self._analyzed()
        blocks = self.network.blocks
        own.edited |= {id for id, block in blocks.items() if block.type in changes.modules} - own.added
        own.analyzed = {id for id in blocks if _known(before, id) != _known(self._analysis, id)}
        own.modules, own.recipe = changes.modules, changes.recipe
        own.name |= self._module.name in changes.modules
        if own.anything or own.analyzed:
            self.changed.emit(own)

    def _inside(self, edit: Edit) -> Edit:
        if isinstance(edit, OF_THE_PROJECT):
            return edit
        if isinstance(edit, RenameNetwork):
            return RenameModule(self._module.name, edit.name)
        if isinstance(edit, Compound) and any(
            isinstance(part, (*OF_THE_PROJECT, RenameNetwork)) for part in edit.edits
        ):
            return Compound(edit.text, tuple(map(self._inside, edit.edits)))
        return Inside(self._module.name, edit)

    def _walk(self) -> list[tuple[str, ModuleType]]:
        return self._walk_of(self.project, self.path_of_blocks)

    @staticmethod
    def _walk_of(project: Document, path: tuple[BlockId, ...]) -> list[tuple[str, ModuleType]]:
        """The places on the way, by name and definition; raises KeyError where the way ends."""
        network, found = project.network, []
        for id in path:
            block = network.blocks[id]
            module = network.modules[block.type]
            found.append((block.name, module))
            network = module.network
        return found

    def _analyzed(self) -> Analysis:
        """The analysis with what the place gives: its values, and the tensors that reach it as far as known."""
        network, analysis = self.project.network, self.project.analysis
        for id in self.path_of_blocks:
            module = network.modules[network.blocks[id].type]
            try:
                one = next(module.passes(analysis.values(id), analysis.inputs(id)), None)
            except (ShapeError, DimError):
                one = None
            if one is not None:
                analysis = one.analysis
            else:
                analysis = _as_far_as_known(module, analysis, id)
            network = module.network
        return analysis


def way_to(network: Network, module: str) -> tuple[BlockId, ...] | None:
    """The shortest way into a place of a module, the first one drawn; None where it stands nowhere."""
    waiting: list[tuple[Network, tuple[BlockId, ...]]] = [(network, ())]
    seen: set[str] = set()
    while waiting:
        level, path = waiting.pop(0)
        for id, block in level.blocks.items():
            if block.type == module:
                return (*path, id)
            if block.type in level.modules and block.type not in seen:
                seen.add(block.type)
                waiting.append((level.modules[block.type].network, (*path, id)))
    return None


def _as_far_as_known(module: ModuleType, outer: Analysis, id: BlockId) -> Analysis:
    """A module's inside where its place is broken: what is wrong inside must be seen there, to be mended."""
    try:
        values = {**module.defaults, **{k: v for k, v in outer.values(id).items() if k in module.defaults}}
        return analyze_with(module.network, values, outer.inputs(id))
    except (ShapeError, DimError):
        return analyze_with(module.network, module.defaults, {})


def _known(analysis: Analysis, id: BlockId) -> tuple:
    inferred = analysis._inferred.get(id)
    return inferred, [(problem.severity, problem.text) for problem in analysis._problems.get(id, ())]
