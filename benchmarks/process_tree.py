"""What a command and all processes that it starts take: wall time, CPU time, memory."""

import contextlib
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL_S = 0.2


@dataclass(frozen=True)
class Took:
    """What one command took.

    Attributes:
        wall_s: seconds.
        cpu_s: of it and of all processes that it waited for, user and system.
        peak_mb: resident memory of all of them together, at its most; pages that two of them share count twice.
        peaks_mb: the same of single processes, by the last two words of their command lines ("prepare chair").
        output: standard output and error as they came.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    peaks_mb: dict[str, float]
    output: str


def run(command: Sequence[str], cwd: Path, log: Path, env: dict[str, str] | None = None) -> Took:
    """Run a command to its end.

    Args:
        command: program and arguments.
        cwd: directory to run in.
        log: file that its output is added to, so that one can look on.
        env: its environment.

    Raises:
        SystemExit: it failed.
    """
    with log.open("ab") as stream:
        begin, cpu, start = stream.tell(), children_cpu_s(), time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=stream, stderr=subprocess.STDOUT)
        peak, peaks = watch(process)
        wall = time.perf_counter() - start
    output = log.read_bytes()[begin:].decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; the end of {log}:\n{output[-2000:]}")
    return Took(wall, children_cpu_s() - cpu, peak, peaks, output)


def watch(process: subprocess.Popen[bytes]) -> tuple[float, dict[str, float]]:
    """Look at a process and its descendants until it ends: peak_mb and peaks_mb."""
    root, peaks, peak = psutil.Process(process.pid), {}, 0.0
    while process.poll() is None:
        together = 0.0
        for one in family(root):
            try:
                megabytes = one.memory_info().rss / 2**20
                name = " ".join(" ".join(one.cmdline()).split()[-2:])
            except psutil.Error:
                continue  # it has ended
            together += megabytes
            peaks[name] = max(megabytes, peaks.get(name, 0.0))
        peak = max(peak, together)
        time.sleep(INTERVAL_S)
    return peak, peaks


def family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def memory_mb(root: psutil.Process) -> float:
    """Resident memory of a process and its descendants now; pages that two of them share count twice."""
    total = 0
    for one in family(root):
        with contextlib.suppress(psutil.Error):  # it has ended
            total += one.memory_info().rss
    return total / 2**20


def children_cpu_s() -> float:
    """Of all children that have ended and been waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
