"""How the benchmarks measure: the best or the median of several, in milliseconds."""

import gc
import statistics
import time


def once_ms(act) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1e3


def best_ms(act, repeats: int = 9) -> float:
    """The best: what the machine does meanwhile is not ours."""
    return min(once_ms(act) for _ in range(repeats))


def median_ms(act, repeats: int) -> float:
    return statistics.median(once_ms(act) for _ in range(repeats))


def swept_ms(act, repeats: int = 5) -> float:
    """The best, with the garbage of the time before swept: for what makes many objects."""
    times = []
    for _ in range(repeats):
        gc.collect()
        times.append(once_ms(act))
    return min(times)
