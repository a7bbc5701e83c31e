"""Many objects on several threads, in order and with a progress bar."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from tqdm import tqdm

Wanted = TypeVar("Wanted")
Made = TypeVar("Made")


def in_order(make: Callable[[Wanted], Made], jobs: Iterable[Wanted], workers: int) -> Iterator[tuple[Wanted, Made]]:
    """Work on several threads, hand results on in the order of the jobs, keep no more than a few at a time."""
    waiting: deque[tuple[Wanted, Future[Made]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for job in jobs:
            waiting.append((job, pool.submit(make, job)))
            if len(waiting) > 2 * workers:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()


def progress_bar(what: str, total: int, shown: bool) -> Callable[[Iterable[Wanted]], Iterable[Wanted]]:
    """A progress bar on stderr with rate and time left; in a log file a line a minute, and none for short passes."""
    on_terminal = sys.stderr.isatty()
    return partial(
        tqdm,
        desc=what,
        total=total,
        unit=" meshes",
        disable=not (shown and total),
        delay=0.0 if on_terminal else 60.0,
        mininterval=0.2 if on_terminal else 60.0,
        dynamic_ncols=on_terminal,
    )
