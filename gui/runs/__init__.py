"""The history of training as seen from the window: a table of runs, their curves, notes, and the way back to each."""

from gui.runs.runs_panel import RunsPanel

__all__ = ["RunsPanel"]
