"""NumPy arrays through shared memory: a FrameWriter owns rings of reused segments, `read` copies a frame out.

Who removes a segment: its writer in good order; else the client, which knows the prefix of the names
(`sweep`); were both killed, the next client's `sweep_abandoned`, for names carry the client's process id.
Windows frees a segment with its last handle. macOS cannot list segments: a double kill leaves some until
the next boot.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import struct
import sys
import threading
from collections.abc import Hashable, Iterable, Iterator
from multiprocessing import shared_memory
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from backend.messages import Frame

RING = 4  # frames a reader may lag behind before one is overwritten
LARGEST = 64 * 1024 * 1024  # bytes of one array
_HEADER = 64  # the sequence number, then room so that arrays start on a cache line
_NAMED = "nl-"
_LISTED = Path("/dev/shm")  # where Linux shows segments as files
_constructing = threading.Lock()


def new_prefix() -> str:
    """A prefix of segment names for one worker, owned by this process (short: macOS allows 31 characters)."""
    return f"{_NAMED}{os.getpid()}-{secrets.token_hex(3)}-"


class FrameWriter:
    """Writes arrays into rings of segments, one ring a key (a watch), and unlinks them all on `close`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._rings: dict[Hashable, list[shared_memory.SharedMemory]] = {}
        self._turn: dict[Hashable, int] = {}
        self._sequence = 0
        self._made = 0

    def write(self, key: Hashable, array: np.ndarray) -> Frame:
        """Copy `array` into the next segment of the key's ring.

        Raises ValueError above LARGEST bytes and OSError when the machine has no shared memory left.
        """
        array = np.asarray(array, order="C")
        if array.nbytes > LARGEST:
            raise ValueError(f"an array of {array.nbytes:,} bytes is above the {LARGEST:,} a frame may have")
        turn = self._turn[key] = self._turn.get(key, -1) + 1
        segment = self._segment(key, turn % RING, _HEADER + array.nbytes)
        self._sequence += 1
        struct.pack_into("<Q", segment.buf, 0, 0)  # whoever reads now sees that it is being written
        place = np.ndarray(array.shape, array.dtype, buffer=segment.buf, offset=_HEADER)
        np.copyto(place, array)
        struct.pack_into("<Q", segment.buf, 0, self._sequence)
        return Frame(name=segment.name, sequence=self._sequence, shape=array.shape, dtype=array.dtype.str)

    def drop(self, key: Hashable) -> None:
        """Remove the ring of one key."""
        for segment in self._rings.pop(key, ()):
            _remove(segment)
        self._turn.pop(key, None)

    def close(self) -> None:
        """Remove every segment."""
        for key in list(self._rings):
            self.drop(key)

    def _segment(self, key: Hashable, slot: int, size: int) -> shared_memory.SharedMemory:
        ring = self._rings.setdefault(key, [])
        if slot < len(ring) and ring[slot].size >= size:
            return ring[slot]
        segment = self._create(1 << (size - 1).bit_length())
        if slot < len(ring):
            _remove(ring[slot])
            ring[slot] = segment
        else:
            ring.append(segment)
        return segment

    def _create(self, size: int) -> shared_memory.SharedMemory:
        self._made += 1
        segment = _open(f"{self._prefix}{self._made}", create=True, size=size)
        try:  # take the pages now: touching one that is not there would kill the process (SIGBUS)
            if hasattr(os, "posix_fallocate") and segment._fd >= 0:  # type: ignore[attr-defined]
                os.posix_fallocate(segment._fd, 0, size)  # type: ignore[attr-defined]
        except OSError:
            _remove(segment)
            raise
        return segment


def read(frame: Frame) -> np.ndarray | None:
    """A copy of the frame's array, or None when it has been overwritten or removed since it was announced."""
    dtype = np.dtype(frame.dtype)
    size = int(np.prod(frame.shape, dtype=np.int64)) * dtype.itemsize
    if not frame.name.startswith(_NAMED) or "/" in frame.name or dtype.hasobject:
        return None
    try:
        segment = _open(frame.name)
    except (FileNotFoundError, ValueError, OSError):
        return None
    try:
        if segment.size < _HEADER + size or _sequence(segment) != frame.sequence:
            return None
        array = np.frombuffer(bytes(segment.buf[_HEADER : _HEADER + size]), dtype).reshape(frame.shape)
        return array if _sequence(segment) == frame.sequence else None
    finally:
        segment.close()


def sweep(prefix: str, seen: Iterable[str] = ()) -> int:
    """Remove what a dead worker left under `prefix` and the names it announced; returns how many."""
    names = {name for name in seen if name.startswith(prefix)} | set(_listed(prefix))
    return sum(_unlink(name) for name in names)


def sweep_abandoned() -> int:
    """Remove segments whose client's process is gone (Linux; elsewhere none can be found)."""
    return sum(_unlink(name) for name in _listed(_NAMED) if not _owner_lives(name))


def _sequence(segment: shared_memory.SharedMemory) -> int:
    return struct.unpack_from("<Q", segment.buf, 0)[0]


def _listed(prefix: str) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (path.name for path in _LISTED.iterdir() if path.name.startswith(prefix))


def _owner_lives(name: str) -> bool:
    try:
        os.kill(int(name.split("-")[1]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (ValueError, IndexError, OSError):
        return True  # not a name of ours, or somebody else's process
    return True


def _remove(segment: shared_memory.SharedMemory) -> None:
    name = segment.name
    with contextlib.suppress(BufferError, OSError):
        segment.close()
    _unlink(name)


def _unlink(name: str) -> bool:
    if os.name == "nt":
        return False
    import _posixshmem

    try:
        _posixshmem.shm_unlink("/" + name)
    except OSError:
        return False
    return True


def _open(name: str, create: bool = False, size: int = 0) -> shared_memory.SharedMemory:
    """A segment that no resource tracker knows.

    A tracker is one more process, unlinks segments of living readers and warns of leaks that are none.
    Python 3.13 can be told so; before, its registration is switched off for the moment of opening.
    """
    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, create, size, track=False)
    with _constructing:
        tracker = shared_memory.resource_tracker  # type: ignore[attr-defined]
        shared_memory.resource_tracker = SimpleNamespace(  # type: ignore[attr-defined]
            register=lambda *_: None, unregister=lambda *_: None
        )
        try:
            return shared_memory.SharedMemory(name, create, size)
        finally:
            shared_memory.resource_tracker = tracker  # type: ignore[attr-defined]
