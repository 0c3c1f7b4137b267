"""The torch side of Netloom: source, compilation, data, training, command line. No Qt.

`import backend` itself imports no torch, so that the editor can use the source generator, the messages and the client.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.compile import compile_network
    from backend.source import generate_source

__all__ = ["compile_network", "generate_source"]


def __getattr__(name: str):
    if name == "generate_source":
        from backend.source import generate_source

        return generate_source
    if name == "compile_network":
        from backend.compile import compile_network

        return compile_network
    raise AttributeError(f"module 'backend' has no attribute {name!r}")
