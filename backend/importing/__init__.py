"""Models of other tools become networks: Python source and ONNX files are read as text and tables, and never run."""

from backend.importing.imported import CannotImport, Imported

__all__ = ["CannotImport", "Imported"]
