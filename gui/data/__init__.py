"""The data looked at: samples, statistics and class balance, read off the window's thread."""

from gui.data.data_window import DataWindow

__all__ = ["DataWindow"]
