"""Reads the source of a PyTorch model into a network: what the file says is gone through as data and never run.

The code around the model tells which class is meant and what it is given; its forward is drawn, call by call.
"""

from __future__ import annotations

import ast
import re
import warnings

from backend.importing.imported import CannotImport, Imported
from backend.importing.python import choice
from backend.importing.python.reading import read_model
from backend.importing.python.running import MOST_BYTES, Run


def read_python(text: str, name: str) -> Imported:
    """The network of the model in a source; `name` is the file's name. Raises CannotImport with file and line."""
    tree = _parsed(text, name)
    run = Run(_shown(name))
    try:
        chosen = choice.choose(run, tree, _stem(name))
        return read_model(run, chosen)
    except CannotImport:
        raise
    except RecursionError:
        raise CannotImport(run.where(), "an expression or a recursion here is too deep to be read") from None
    except (MemoryError, OverflowError) as error:
        raise CannotImport(run.where(), f"numbers or lists here are too large to be read: {error}") from None
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError) as error:
        raise CannotImport(run.where(), f"the values here do not go together: {error}") from error


def _parsed(text: str, name: str) -> ast.Module:
    """The syntax tree; raises CannotImport for what is no Python, too long or too deep."""
    file = _shown(name)
    if not isinstance(text, str):
        raise CannotImport(file, "a Python source is text")
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise CannotImport(file, f"it is larger than {MOST_BYTES >> 20} MiB, and no source of a model is")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise CannotImport(file, "it holds null bytes: it is no Python source")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings
            return ast.parse(text)
    except SyntaxError as error:
        where = f"{file}, line {error.lineno}" if error.lineno else file
        raise CannotImport(where, f"it is no Python that can be read: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise CannotImport(file, "its expressions stand too deep inside one another") from None
    except (ValueError, UnicodeError) as error:
        raise CannotImport(file, f"it is no Python source: {error}") from None


def _shown(name: str) -> str:
    """The file's name on one line."""
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in name)).strip()[-80:] or "source"


def _stem(name: str) -> str:
    """The file's name as a name of a network."""
    stem = re.split(r"[\\/]", _shown(name))[-1].removesuffix(".py")
    words = re.findall(r"[A-Za-z0-9]+", stem.encode("ascii", "ignore").decode())
    return "".join(word[0].upper() + word[1:] for word in words)[:40] or "Network"
