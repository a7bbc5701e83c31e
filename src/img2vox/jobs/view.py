"""What a person sees of many chains at once: a line an event, or on a terminal a line a chain that is running."""

import logging
import sys
import time
from collections.abc import Sequence

from tqdm import tqdm

log = logging.getLogger(__name__)


class View:
    """Plain lines through logging: for files, pipes and CI."""

    def __init__(self, total: int) -> None:
        """Begin.

        Args:
            total: number of chains that will run.
        """
        self._total = total
        self._ended = 0
        self._began: dict[str, float] = {}

    def stage(self, slot: int, slug: str, address: str) -> None:
        """A chain has come to a stage.

        Args:
            slot: where it runs, from 0.
            slug: the category.
            address: of the stage.
        """
        self._began.setdefault(slug, time.monotonic())
        self._show_stage(slot, slug, address.rpartition(":")[2].partition("@")[0])

    def done(self, slot: int, slug: str) -> None:
        """A chain is done."""
        self._ended += 1
        self._say(f"{slug}: done{self._time_of(slug)}, {self._ended} of {self._total}")
        self._clear(slot)

    def failed(self, slot: int, slug: str, address: str, lines: Sequence[str]) -> None:
        """A chain has failed; what its last stage said is shown whole."""
        self._ended += 1
        self._say("\n".join([f"{slug}: FAILED at {address}, {self._ended} of {self._total}", *lines]))
        self._clear(slot)

    def close(self) -> None:
        """Nothing more comes."""

    def _time_of(self, slug: str) -> str:
        return f" in {time.monotonic() - self._began[slug]:.0f} s" if slug in self._began else ""

    def _show_stage(self, slot: int, slug: str, stage: str) -> None:
        self._say(f"{slug}: {stage}")

    def _say(self, text: str) -> None:
        log.info("%s", text)

    def _clear(self, slot: int) -> None:
        pass


class TerminalView(View):
    """A bar over all chains and a line for each that runs; what is said scrolls above them."""

    def __init__(self, total: int, jobs: int) -> None:
        """Begin.

        Args:
            total: number of chains that will run.
            jobs: how many at once.
        """
        super().__init__(total)
        self._bar = tqdm(total=total, desc="categories", unit="", position=0, leave=False, file=sys.stderr)
        self._lines = [
            tqdm(bar_format="  {desc}", position=slot + 1, leave=False, file=sys.stderr) for slot in range(jobs)
        ]

    def close(self) -> None:
        """Give the terminal back."""
        for line in reversed(self._lines):
            line.close()
        self._bar.close()

    def _show_stage(self, slot: int, slug: str, stage: str) -> None:
        self._lines[slot].set_description_str(f"{slug}: {stage}")

    def _say(self, text: str) -> None:
        tqdm.write(text, file=sys.stderr)

    def _clear(self, slot: int) -> None:
        self._bar.update(1)
        self._lines[slot].set_description_str("")


def view_of(total: int, jobs: int) -> View:
    """The view that suits where standard error goes."""
    return TerminalView(total, jobs) if sys.stderr.isatty() else View(total)
