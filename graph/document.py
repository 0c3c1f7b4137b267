"""Document: a network with its recipe, its history and its analysis; everything that watches it learns what changed.

All changes go through `do`; undo runs the inverses along the same road. Knows no files and no Qt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from graph.analysis import Analysis
from graph.analyzer import Analyzer
from graph.collector import resting_collector
from graph.edits import Changes, Compound, Edit
from graph.network import BlockId, Network, Wire
from graph.problem import Fix
from graph.recipe import Recipe

NEVER = -1  # the number of no state
MERGE_SECONDS = 1.0  # the same knob turned within a second is one step


@dataclass(slots=True)
class Step:
    """One entry of the history: the edit that takes it back, and its name in the menu."""

    text: str
    inverse: Edit
    merge: str | None
    time: float
    state: int


class Document:
    """The one thing that is open in a window."""

    changed = Signal(Changes)
    history_changed = Signal()

    def __init__(self, network: Network | None = None, recipe: Recipe | None = None, path: Path | None = None):
        self.network = network or Network()
        self.recipe = recipe or Recipe()
        self.path = path
        self.touched = Changes()
        self._analyzer = Analyzer(self.network, self.recipe.fields)
        self._analyzer.set_recipe(self.recipe)
        self._analyzer.start()
        self._undo: list[Step] = []
        self._redo: list[Step] = []
        self._state = self._saved_state = self._last_state = 0
        self._group: list[Edit] | None = None

    # Changing

    @resting_collector()
    def do(self, edit: Edit, merge: str | None = None) -> None:
        """Apply an edit as one undoable step; raises what the edit raises, with nothing changed.

        Steps with the same `merge` key that follow within a second become one.
        """
        inverse = self._apply(edit)
        if self._group is not None:
            self._group.append(inverse)
            return
        self._record(edit.text, inverse, merge)
        self._tell()

    @contextmanager
    def group(self, text: str) -> Iterator[None]:
        """Everything done within is one step; an exception takes it all back."""
        if self._group is not None:
            yield
            return
        self._group = []
        try:
            yield
        except BaseException:
            for inverse in reversed(self._group):
                inverse.apply(self)
            self._group = None
            self._tell()
            raise
        inverses, self._group = self._group, None
        if inverses:
            self._record(text, Compound(text, tuple(reversed(inverses))), None)
            self._tell()

    def apply_fix(self, fix: Fix) -> None:
        """Apply a problem's fix as one step."""
        self.do(fix.edit(self.network, self.recipe))

    def undo(self) -> None:
        """Take the last step back; nothing to take back is no error."""
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        """Do the last undone step again."""
        self._travel(self._redo, self._undo)

    def travel(self, position: int) -> None:
        """Undo or redo until this many steps are done; raises ValueError where there are not so many."""
        if not 0 <= position <= len(self.steps):
            raise ValueError(f"there are {len(self.steps)} steps; {position} is none of them")
        while len(self._undo) > position:
            self.undo()
        while len(self._undo) < position:
            self.redo()

    # Looking

    @property
    def steps(self) -> list[str]:
        """The words of every step, the oldest first, those that were undone behind the others."""
        return [step.text for step in self._undo] + [step.text for step in reversed(self._redo)]

    @property
    def position(self) -> int:
        """How many of the steps are done."""
        return len(self._undo)

    @property
    def saved_position(self) -> int | None:
        """The position at which the document is as it was last saved; None if no step leads there."""
        states = [step.state for step in self._undo] + [self._state] + [step.state for step in reversed(self._redo)]
        return states.index(self._saved_state) if self._saved_state in states else None

    @property
    def analysis(self) -> Analysis:
        """Shapes, counts and problems as they are now."""
        return self._analyzer.analysis

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    @property
    def undo_text(self) -> str:
        return self._undo[-1].text if self._undo else ""

    @property
    def redo_text(self) -> str:
        return self._redo[-1].text if self._redo else ""

    @property
    def modified(self) -> bool:
        """Whether it differs from what was last saved."""
        return self._state != self._saved_state

    def mark_saved(self, path: Path | None = None) -> None:
        """Remember that this very state is on disk."""
        self.path = path or self.path
        self._saved_state = self._state
        if self._undo:
            self._undo[-1].merge = None
        self.history_changed.emit()

    def mark_unsaved(self) -> None:
        """Remember that no file holds this very state: it was recovered, or the file became another."""
        self._saved_state = NEVER
        self.history_changed.emit()

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """While an edit is applied to a module's inside, `network` is that inside."""
        outer = self.network, self.touched, self._analyzer
        module = outer[0].modules[name]
        self.network, self.touched = module.network, outer[1].inside.setdefault(name, Changes())
        self._analyzer = Analyzer(module.network)  # nothing is asked of it: places are inferred anew
        try:
            yield
        finally:
            inner, (self.network, self.touched, self._analyzer) = self.touched, outer
            if inner.computation:
                self.touched.modules.add(name)

    # What edits report

    def touch_block_added(self, id: BlockId) -> None:
        if id in self.touched.removed:  # gone and back within one step: the same block with other contents
            self.touched.removed.discard(id)
            self.touched.edited.add(id)
            self.touched.moved.add(id)
        else:
            self.touched.added.add(id)

    def touch_block_removed(self, id: BlockId) -> None:
        if id in self.touched.added:
            self.touched.added.discard(id)
        else:
            self.touched.removed.add(id)
        self.touched.edited.discard(id)
        self.touched.moved.discard(id)

    def touch_wire_added(self, wire: Wire) -> None:
        self.touched.wires_added.add(wire.id)
        self._analyzer.touch(wire.target)
        self._analyzer.touch(wire.source)

    def touch_wire_removed(self, wire: Wire) -> None:
        if wire.id in self.touched.wires_added:
            self.touched.wires_added.discard(wire.id)
        else:
            self.touched.wires_removed.add(wire.id)
        self._analyzer.touch(wire.target)
        self._analyzer.touch(wire.source)

    def _touch_places(self, names: set[str]) -> None:
        """Have every place looked at again whose module changed, itself or something in it."""
        modules = self.network.modules
        stale = {name for name, module in modules.items() if name in names or module.uses() & names} | names
        for block in self.network.blocks.values():
            if block.type in stale:
                self._analyzer.touch(block.id)

    def _apply(self, edit: Edit) -> Edit:
        try:
            return edit.apply(self)
        except Exception:
            if self._group is None:
                self._tell()  # a compound that failed half way has touched, and restored, some blocks
            raise

    def _record(self, text: str, inverse: Edit, merge: str | None) -> None:
        now = time.monotonic()
        self._redo.clear()
        last = self._undo[-1] if self._undo else None
        self._last_state += 1
        before, self._state = self._state, self._last_state
        if merge and last and last.merge == merge and now - last.time < MERGE_SECONDS and before != self._saved_state:
            last.inverse = Compound(last.text, (inverse, last.inverse))
            last.time = now
        else:
            self._undo.append(Step(text, inverse, merge, now, before))

    @resting_collector()
    def _travel(self, source: list[Step], goal: list[Step]) -> None:
        if not source or self._group is not None:
            return
        step = source.pop()
        inverse = step.inverse.apply(self)
        goal.append(Step(step.text, inverse, None, 0.0, self._state))
        self._state = step.state
        self._tell()

    @resting_collector()
    def _tell(self) -> None:
        changes, self.touched = self.touched, Changes()
        if changes.recipe:
            self._analyzer.set_recipe(self.recipe)
        if changes.modules:
            self._touch_places(changes.modules)
        changes.analyzed = self._analyzer.update(changes)
        if changes.anything:
            self.changed.emit(changes)
        self.history_changed.emit()
