"""Python's garbage collector rests while many objects are made that stay.

It would look at all of them again and again on the way, a third of the time of a large paste, and find nothing to
free. What cycles are left over goes with its next round.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting_collector() -> Iterator[None]:
    """No collection within; one inside another changes nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
