"""Projects that open, check, train and export; `paths()` finds them in a checkout and in an installed Netloom."""

from pathlib import Path


def paths() -> list[Path]:
    """Every example project, by name."""
    return sorted(Path(__file__).parent.glob("*.netloom"))


def zoo() -> list[Path]:
    """Well-known networks, drawn from modules, without data."""
    return sorted((Path(__file__).parent / "zoo").glob("*.netloom"))


def templates() -> list[Path]:
    """What new projects begin from, the most asked for first."""
    folder = Path(__file__).parent / "templates"
    return [folder / f"{name}.netloom" for name in ("image_classifier", "sequence_classifier", "autoencoder")]


def lectures() -> list[Path]:
    """Networks of the lectures, by name; there may be none."""
    return sorted((Path(__file__).parent / "lectures").glob("*.netloom"))


def path(name: str) -> Path:
    """The example of this name, without its ending; raises FileNotFoundError naming those that exist."""
    found = Path(__file__).parent / f"{name}.netloom"
    if not found.exists():
        raise FileNotFoundError(f"no example {name!r}; there are {', '.join(p.stem for p in paths())}")
    return found
