"""The canvas's own keys, for what no action of the window has taken: key combination -> what it does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QKeyCombination, Qt

Key, Mod = Qt.Key, Qt.KeyboardModifier


def _on(key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> int:
    held = Mod.NoModifier
    for modifier in modifiers:
        held |= modifier
    return QKeyCombination(held, key).toCombined()


def _named(name: str, *args) -> Callable:
    return lambda view: getattr(view, name)(*args)


def _undo(view) -> None:
    view.session.document.undo()


def _redo(view) -> None:
    view.session.document.redo()


KEYS: dict[int, Callable] = {
    _on(Key.Key_Tab): _named("search"),
    _on(Key.Key_Delete): _named("delete"),
    _on(Key.Key_Backspace): _named("delete"),
    _on(Key.Key_Delete, Mod.AltModifier): _named("delete_and_bridge"),
    _on(Key.Key_A, Mod.ControlModifier): _named("select_all"),
    _on(Key.Key_Escape): _named("leave"),
    _on(Key.Key_I, Mod.ControlModifier): _named("invert_selection"),
    _on(Key.Key_C, Mod.ControlModifier): _named("copy"),
    _on(Key.Key_X, Mod.ControlModifier): _named("cut"),
    _on(Key.Key_V, Mod.ControlModifier): _named("paste"),
    _on(Key.Key_D, Mod.ControlModifier): _named("duplicate"),
    _on(Key.Key_F, Mod.ControlModifier): _named("find"),
    _on(Key.Key_Z, Mod.ControlModifier): _undo,
    _on(Key.Key_Z, Mod.ControlModifier, Mod.ShiftModifier): _redo,
    _on(Key.Key_Home): _named("fit"),
    _on(Key.Key_F): _named("fit_selection"),
    _on(Key.Key_0, Mod.ControlModifier): _named("zoom_100"),
    _on(Key.Key_Plus, Mod.ControlModifier): _named("zoom_in"),
    _on(Key.Key_Minus, Mod.ControlModifier): _named("zoom_out"),
    _on(Key.Key_L): _named("layout"),
    _on(Key.Key_G, Mod.ControlModifier): _named("make_module"),
    _on(Key.Key_G, Mod.ControlModifier, Mod.ShiftModifier): _named("unpack_module"),
    _on(Key.Key_R, Mod.ShiftModifier): _named("change_type"),
    _on(Key.Key_B): _named("bypass"),
    _on(Key.Key_H): _named("fold"),
    _on(Key.Key_C): _named("frame_selection"),
    _on(Key.Key_N): _named("add_note"),
    _on(Key.Key_M): _named("mute"),
    _on(Key.Key_BraceLeft, Mod.ShiftModifier): _named("select_upstream"),
    _on(Key.Key_BraceRight, Mod.ShiftModifier): _named("select_downstream"),
    _on(Key.Key_BracketLeft, Mod.ShiftModifier): _named("select_upstream"),
    _on(Key.Key_BracketRight, Mod.ShiftModifier): _named("select_downstream"),
    _on(Key.Key_M, Mod.AltModifier): lambda view: view.minimap.toggle(),
    _on(Key.Key_Return): _named("enter"),
    _on(Key.Key_Enter): _named("enter"),
    _on(Key.Key_F2): _named("rename"),
}
for _key, _dx, _dy in ((Key.Key_Left, -1, 0), (Key.Key_Right, 1, 0), (Key.Key_Up, 0, -1), (Key.Key_Down, 0, 1)):
    KEYS[_on(_key)] = _named("walk", _dx, _dy)
    KEYS[_on(_key, Mod.ControlModifier)] = _named("nudge", _dx, _dy)
