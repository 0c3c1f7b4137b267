"""Training as seen from the window: the run, its curves, filters and feature maps, and the bar that steers it."""

from gui.training.run_controller import RunController
from gui.training.training_panel import TrainingPanel
from gui.training.transport import TransportBar

__all__ = ["RunController", "TrainingPanel", "TransportBar"]
