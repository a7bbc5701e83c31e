"""A network as a directory that MLflow can load and serve: serving.py, network.keras, MLmodel and requirements."""

import contextlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import mlflow
import numpy as np
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec

from img2vox.tracking.entry import Entry

_SERVING = Path(__file__).with_name("serving.py")
_NETWORK = "network.keras"
_LINK_FROM_BYTES = 256 << 20


@contextmanager
def packaged(entry: Entry, model_id: str, run_id: str, beside: Path) -> Iterator[Path]:
    """The directory, for as long as the block lasts.

    A large network (the paper's has 2.3 GB) is a hard link to the file under models/ where the file system allows it.
    Training and DVC put a new file in the old one's place and never write into it; who does so by hand changes what is
    registered. Small ones are copied.

    Args:
        entry: whose network.
        model_id: of MLflow's logged model.
        run_id: of the run that made it.
        beside: an existing directory, on the file system where the result shall lie.
    """
    with tempfile.TemporaryDirectory(dir=beside, prefix=".package-") as scratch:
        # MLflow copies what it is told to package, so it gets an empty file.
        placeholder = Path(scratch) / _NETWORK
        placeholder.touch()
        target = Path(scratch) / "network"
        with warnings.catch_warnings():
            # Without an example MLflow warns; with one it would start Keras for every network.
            warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
            with no_progress_bar():
                mlflow.pyfunc.save_model(
                    target,
                    python_model=str(_SERVING),
                    artifacts={"network": str(placeholder)},
                    signature=_signature(entry),
                    # Named here: finding them out takes MLflow 15 s a network.
                    pip_requirements=_requirements(),
                    mlflow_model=Model(run_id=run_id, model_id=model_id),
                )
        inside = target / "artifacts" / _NETWORK
        inside.unlink()
        link_or_copy(entry.network, inside, _LINK_FROM_BYTES)
        yield target


def link_or_copy(source: Path, target: Path, link_from_bytes: int) -> None:
    """A second name for a file that is as large as this or larger, else a copy.

    A copy too where the file system knows no second names, or the target lies on another one.
    """
    if source.stat().st_size >= link_from_bytes:
        with contextlib.suppress(OSError):
            os.link(source.resolve(), target)
            return
    shutil.copyfile(source, target)


def _signature(entry: Entry) -> ModelSignature:
    side = entry.resolution
    pictures = TensorSpec(np.dtype(np.uint8), (-1, *entry.image_size, 1))
    occupancies = TensorSpec(np.dtype(np.float32), (-1, side, side, side, 1))
    signature = ModelSignature(inputs=Schema([pictures]), outputs=Schema([occupancies]))
    # MLflow's own check answers a wrong shape with all of the data; with this mark, which has no public name, it
    # leaves the check to serving.py, which answers with a sentence.
    signature._is_signature_from_type_hint = True
    return signature


def _requirements() -> list[str]:
    """What loading a network needs, as installed here; TensorFlow comes under two names."""
    found = []
    for name in ("mlflow", "keras", "numpy", "tensorflow", "tensorflow-cpu"):
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name}=={version(name)}")
    return found


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """MLflow draws one for each file that it packages or fetches."""
    name = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
