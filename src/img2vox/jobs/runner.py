"""Chains in parallel DVC processes, their failures, and a clean end when somebody interrupts.

Why several DVC processes may work in one directory (read in DVC 3.67, `--wait-for-lock repro --single-item`):

- DVC holds its lock of the directory (.dvc/tmp/lock) whenever it looks stages up, hashes, moves outputs into the cache,
  and reads or writes dvc.lock; it lets go of it only while the command of a stage runs (`unlocked_repo`). With
  `--wait-for-lock` the others wait.
- It writes dvc.lock in place, but reads it again under that lock directly before, and changes one stage in it
  (`modify_yaml`): two processes lose nothing of each other's.
- What a stage reads and writes is marked in .dvc/tmp/rwlock while it runs, and a clash is an error at once, no waiting.
  Chains of different categories never clash; with their ancestors they would (`fetch` owns all of data/raw). Hence
  `--single-item`: each process is given the stages of whole chains in order, and looks at no ancestor.
- Killed while it writes, DVC would leave half a dvc.lock. Hence an interruption ends the commands, and DVC by itself.
"""

import logging
import re
import signal
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from img2vox.errors import PipelineError
from img2vox.jobs.chains import Chain
from img2vox.jobs.process import DvcProcess
from img2vox.jobs.shares import Pool
from img2vox.jobs.view import View

_STAGE = re.compile(r"(?:Running stage|Stage) '([^']+)'")
FAILED = re.compile(r"failed to reproduce '([^']+)'")
_LINES_OF_A_FAILURE = 60
_PATIENCE_S = 20.0  # of a command that was interrupted
_LAST_PATIENCE_S = 60.0  # and of DVC, which has to note that
_POLL_S = 0.1

log = logging.getLogger(__name__)


class StoppedError(Exception):
    """A person or a scheduler wants an end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@dataclass(frozen=True)
class Failure:
    """A chain that could not be finished.

    Attributes:
        slug: the category.
        address: of the stage, as DVC writes it.
    """

    slug: str
    address: str


@dataclass(frozen=True)
class _Line:
    slot: int
    text: str


@dataclass(frozen=True)
class _End:
    slot: int
    code: int


@dataclass
class _Running:
    """A DVC process and the chains that it was given and has not finished."""

    process: DvcProcess
    chains: list[Chain]
    stage: str = ""
    failed: str = ""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_OF_A_FAILURE))


class Runner:
    """Starts DVC processes in one directory and hears of them one event at a time."""

    def __init__(self, root: Path, gpus: Sequence[str] = (), pulled: bool = False) -> None:
        """Hear of nothing yet.

        Args:
            root: the directory of params.yaml.
            gpus: as CUDA_VISIBLE_DEVICES takes them; each process is given one of them, in turn.
            pulled: whether `dvc repro` takes from the remote what is there.
        """
        self._root = root
        self._gpus = list(gpus)
        self._repro = ("--wait-for-lock", "repro", *(["--pull"] if pulled else []))
        self._events: SimpleQueue[_Line | _End | int] = SimpleQueue()
        self._running: dict[int, _Running] = {}

    @contextmanager
    def hearing_signals(self) -> Iterator[None]:
        """While this lasts, SIGINT and SIGTERM make `run` and `alone` end what runs and raise StoppedError."""

        def hear(number: int, frame: FrameType | None) -> None:
            self.stop(number)

        before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self, number: int) -> None:
        """Do what this signal would, for whoever hears otherwise that an end is wanted; from any thread."""
        self._events.put(number)

    def check_signals(self) -> None:
        """For whoever waits for something else.

        Raises:
            StoppedError: a signal has come.
        """
        with suppress(Empty):
            raise StoppedError(self._events.get_nowait())  # type: ignore[arg-type]  # nothing runs that says lines

    def repro(self, *arguments: str) -> None:
        """Run one `dvc repro` to its end.

        Args:
            arguments: of it, besides.

        Raises:
            PipelineError: it failed.
            StoppedError: by a signal.
        """
        self.alone(*self._repro, *arguments)

    def alone(self, *arguments: str, shown: bool = True) -> list[str]:
        """Run one DVC command to its end; its lines.

        Args:
            arguments: of `dvc`.
            shown: log the lines as they come, but those of stages that have nothing to do.

        Raises:
            PipelineError: it failed.
            StoppedError: by a signal.
        """
        heard: list[str] = []
        self._start(0, arguments, [], {})
        while True:
            event = self._next()
            if isinstance(event, _End):
                del self._running[0]
                if event.code:
                    said = "" if shown else "; it said: " + " ".join(heard[-_LINES_OF_A_FAILURE:])
                    raise PipelineError(f"`dvc {' '.join(arguments)}` ended with {event.code}{said}")
                return heard
            heard.append(event.text)
            self._running[0].stage = "begun"
            if shown and event.text and not event.text.endswith("didn't change, skipping"):
                log.info("%s", event.text)

    def run(self, chains: Sequence[Chain], jobs: int, view: View) -> list[Failure]:
        """Run chains, so many at once; the failure of one stops none of the others.

        Args:
            chains: in the order in which they shall begin.
            jobs: DVC processes at once.
            view: told of what happens.

        Returns:
            Those that failed, in the order in which they did.

        Raises:
            StoppedError: by a signal.
        """
        pool = Pool(chains, jobs)
        failures: list[Failure] = []
        while True:
            for slot in set(range(jobs)) - set(self._running):
                if batch := pool.take():
                    targets = [target for chain in batch for target in chain.targets]
                    self._start(slot, (*self._repro, "--single-item", *targets), batch, self._gpu(slot))
            if not self._running:
                return failures
            event = self._next()
            running = self._running[event.slot]
            if isinstance(event, _Line):
                self._hear(event, running, view)
                continue
            del self._running[event.slot]
            if event.code:
                failures += self._failures(event.slot, running, view)
                pool.give_back(running.chains)
            else:
                for chain in running.chains:
                    view.done(event.slot, chain.slug)

    def _gpu(self, slot: int) -> dict[str, str]:
        return {"CUDA_VISIBLE_DEVICES": self._gpus[slot % len(self._gpus)]} if self._gpus else {}

    def _start(self, slot: int, arguments: Sequence[str], chains: Sequence[Chain], env: Mapping[str, str]) -> None:
        process = DvcProcess(
            arguments,
            self._root,
            env,
            lambda line: self._events.put(_Line(slot, line)),
            lambda code: self._events.put(_End(slot, code)),
        )
        self._running[slot] = _Running(process, list(chains))

    def _next(self) -> _Line | _End:
        event = self._events.get()
        if isinstance(event, int):
            self._end_all()
            raise StoppedError(event)
        return event

    def _hear(self, line: _Line, running: _Running, view: View) -> None:
        if failed := FAILED.search(line.text):
            running.failed = failed[1]
        elif begun := _STAGE.match(line.text):
            running.stage = begun[1]
            running.lines.clear()
            while running.chains and running.stage not in running.chains[0].targets:
                view.done(line.slot, running.chains.pop(0).slug)
            if line.text.startswith("Running") and running.chains:
                view.stage(line.slot, running.chains[0].slug, running.stage)
        if line.text:
            running.lines.append(line.text)

    def _failures(self, slot: int, running: _Running, view: View) -> list[Failure]:
        """Take the failed chain from those of a process; all of them, where it did not come to any stage."""
        address = running.failed or running.stage
        while address and len(running.chains) > 1 and address not in running.chains[0].targets:
            view.done(slot, running.chains.pop(0).slug)
        count = 1 if address else len(running.chains)
        failed, running.chains = running.chains[:count], running.chains[count:]
        failures = [Failure(chain.slug, address or chain.targets[0]) for chain in failed]
        for failure in failures:
            view.failed(slot, failure.slug, failure.address, list(running.lines))
        return failures

    def _end_all(self) -> None:
        """End every command and let DVC end by itself; harder the longer it takes, or when asked again."""
        log.info("interrupted: ending what runs; what is done stays done")
        waited, impatient = 0.0, False
        while self._running:
            for running in self._running.values():
                if waited > _LAST_PATIENCE_S:
                    running.process.kill()
                elif not running.stage:
                    running.process.terminate()
                elif impatient or waited > _PATIENCE_S:
                    running.process.kill_commands()
                else:
                    running.process.interrupt_commands()
            try:
                event = self._events.get(timeout=_POLL_S)
            except Empty:
                waited += _POLL_S
                continue
            if isinstance(event, _End):
                del self._running[event.slot]
            elif isinstance(event, int):
                impatient = True
