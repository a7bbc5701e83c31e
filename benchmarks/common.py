"""What every benchmark shares: medians of interleaved runs, the machine, and the result files."""

import datetime
import json
import os
import platform
import queue
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from img2vox.files import write_text

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
# What a results file says of its numbers; all else in it is one.
ABOUT = ("machine", "date", "kept")


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call; it should have been called once before."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def side_by_side(commands: Sequence[Sequence[str]], processes: int) -> list[int]:
    """Exit codes of commands of which so many run at once, each on its share of the cores where that can be said."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    share = max(1, len(cores) // processes)
    free = queue.SimpleQueue[list[int]]()
    for number in range(processes):
        free.put([cores[(number * share + step) % len(cores)] for step in range(share)] if cores else [])

    def run(command: Sequence[str]) -> int:
        mine = free.get()
        try:
            process = subprocess.Popen(command)
            if mine:
                os.sched_setaffinity(process.pid, mine)
            return process.wait()
        finally:
            free.put(mine)

    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(run, commands))


def machine() -> dict[str, object]:
    """Enough to know what a time was measured on, and nothing that tells whose it is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: dict[str, object] = {"cpu": cpu_name(), "cores": cores}
    if gpus := _said(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]):
        found["gpu"] = ", ".join(gpus.splitlines())
    found["memory_gb"] = round(psutil.virtual_memory().total / 2**30)
    return found | {"system": platform.system(), "python": platform.python_version()}


def cpu_name() -> str:
    """The processor as its maker names it; its architecture where nobody says more."""
    info = Path("/proc/cpuinfo")  # ARM's has no names
    names = re.findall(r"^model name\s*: *(.+)$", info.read_text("utf-8"), re.MULTILINE) if info.is_file() else []
    name = names[0] if names else _said(["sysctl", "-n", "machdep.cpu.brand_string"]) or platform.processor()
    return " ".join(re.sub(r"\((R|TM)\)", "", name).split()) or platform.machine()


def _said(command: list[str]) -> str:
    """The output of a command; empty where it is not here or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def write_results(
    name: str, numbers: Mapping[str, float | int | str | None], path: Path | None = None, others: Collection[str] = ()
) -> Path:
    """Write benchmarks/results/<name>.json, or `path`, whole: the numbers flat, beside the machine and the date.

    Numbers named in `others`, which another benchmark or another part writes into the same file, stay as they are
    there. Where they are of another machine or day, "kept" says of which, and names them.
    """
    rounded = {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in numbers.items()}
    content: dict[str, Any] = {**rounded, "machine": machine(), "date": datetime.date.today().isoformat()}
    path = path or RESULTS / f"{name}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    stay = {key: before[key] for key in others if key in before and key not in (*content, *ABOUT)}
    measured = {key: run for run, keys in before.get("kept", {}).items() for key in keys}
    kept: dict[str, list[str]] = {}
    for key in stay:
        run = measured.get(key) or _run(before)
        if run != _run(content):
            kept.setdefault(run, []).append(key)
    content = stay | content | ({"kept": kept} if kept else {})
    write_text(path, json.dumps(content, indent=2) + "\n")
    return path


def _run(content: Mapping[str, Any]) -> str:
    """When and on what a file's own numbers were measured, in words."""
    on = content.get("machine", {})
    return f"{content.get('date')}, {on.get('cores')} x {on.get('gpu') or on.get('cpu')}, Python {on.get('python')}"
