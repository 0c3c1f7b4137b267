"""Motion that explains: blocks glide to where a layout put them. Only items move; the document is there already."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPointF, QVariantAnimation

MILLISECONDS = 180
MOST_BLOCKS = 250  # beyond, a jump is clearer than a stutter


def glide(view, before: dict[str, QPointF]) -> None:
    """Let blocks travel from where they were to where they are; skipped where motion is turned off."""
    if not view.motion or len(before) > MOST_BLOCKS or not view.isVisible():
        return
    after = {id: QPointF(view.canvas.blocks[id].pos()) for id in before}
    animation = QVariantAnimation(view)
    animation.setStartValue(0.0)
    animation.setEndValue(1.0)
    animation.setDuration(MILLISECONDS)
    animation.setEasingCurve(QEasingCurve.Type.InOutCubic)

    def show(share: float) -> None:
        ids = before.keys() & view.canvas.blocks.keys()
        view.canvas.shift({id: before[id] + (after[id] - before[id]) * share for id in ids})

    def stop() -> None:
        animation.stop()
        view.canvas.synced.disconnect(stop)

    animation.valueChanged.connect(show)
    animation.finished.connect(lambda: view.canvas.settle(after))
    view.canvas.synced.connect(stop)  # an edit meanwhile: the document's places win at once
    show(0.0)
    animation.start(QVariantAnimation.DeletionPolicy.DeleteWhenStopped)
