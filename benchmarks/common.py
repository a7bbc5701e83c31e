"""What every benchmark shares: medians of interleaved runs, the machine, and the result files."""

import datetime
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def seconds(function: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call; it should have been called once before."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def machine() -> dict[str, object]:
    """Enough to know what a time was measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpu": platform.machine(), "cores": cores, "system": platform.system(), "python": platform.python_version()}


def write_results(
    name: str, numbers: dict[str, float | int | None], path: Path | None = None, others: Sequence[str] = ()
) -> Path:
    """Write benchmarks/results/<name>.json, or `path`: the numbers flat, beside the machine and the date.

    Numbers named in `others`, which another benchmark writes into the same file, stay as they are there.
    """
    rounded = {key: float(f"{value:.4g}") if isinstance(value, float) else value for key, value in numbers.items()}
    content = {**rounded, "machine": machine(), "date": datetime.date.today().isoformat()}
    path = path or RESULTS / f"{name}.json"
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        content = {key: before[key] for key in others if key in before} | content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path
