"""A training's state on disk after every epoch, so that a killed one goes on to the same weights.

    best-0003.npz    weights of the best epoch so far
    epoch-0007.npz   weights, optimizer and dropout's generators after epoch 7, the history, the settings

The order of the pictures needs no state: it follows from the seed and the epoch (dataset.training_batches). Each file
is written whole, the best one first, and an older one is removed only when nothing refers to it any more.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params, flatten
from img2vox.errors import NetworkError
from img2vox.files import written_whole


def inputs_key(files: Iterable[Path], packages: Iterable[str], sections: Iterable[str], params: Params) -> str:
    """What a half-finished training must agree in to be gone on with: its data, its code, its parameters.

    Args:
        files: that it reads.
        packages: of img2vox, whose modules make its result, such as "learning".
        sections: of params.yaml that it reads, such as "train"; the seed belongs to every key.
        params: all of params.yaml.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    code = [path for package in packages for path in sorted((Path(__file__).parents[1] / package).glob("*.py"))]
    for path in (*files, *code):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    wanted = ("seed", *sections)
    read = {key: value for key, value in flatten(params).items() if key.split(".")[0] in wanted}
    digest.update(json.dumps(read, sort_keys=True).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Progress:
    """What early stopping knows.

    Attributes:
        history: one row an epoch.
    """

    history: tuple[dict[str, float], ...] = field(default=())

    @property
    def best(self) -> int:
        """Number of the first epoch of the lowest val_loss, from 1; 0 before any."""
        losses = [row["val_loss"] for row in self.history]
        return losses.index(min(losses)) + 1 if losses else 0

    @property
    def epochs_without_gain(self) -> int:
        """Epochs since the best one."""
        return len(self.history) - self.best

    def after(self, row: dict[str, float]) -> "Progress":
        """Progress with one more epoch."""
        return Progress((*self.history, row))


class Checkpoints:
    """Saves and restores one training; keeps the best weights in memory where there is no directory."""

    def __init__(self, network: keras.Model, directory: Path | None, settings: Mapping[str, Any]) -> None:
        """Attach to a compiled network whose optimizer is built.

        Args:
            network: read by save, written by restore and restore_best.
            directory: of this training alone; made when needed. None: nothing on disk.
            settings: what must be equal for a resume, as JSON can hold it.
        """
        self._network = network
        self._directory = directory
        self._settings = json.loads(json.dumps(dict(settings)))
        self._best_weights: list[NDArray[Any]] = []

    def save(self, progress: Progress) -> None:
        """Keep the state after an epoch, and its weights if it is the best one."""
        is_best = progress.epochs_without_gain == 0
        if self._directory is None:
            if is_best:
                self._best_weights = [np.array(weight) for weight in self._network.get_weights()]
            return
        if is_best:
            _write(self._best_path(progress), self._network.weights, {})
        state = {"settings": self._settings, "history": progress.history}
        _write(self._directory / f"epoch-{len(progress.history):04d}.npz", self._variables(), state)
        self._remove_all_but(progress)

    def restore(self) -> Progress | None:
        """Bring the network to the last complete epoch; None where there is none.

        Raises:
            NetworkError: the checkpoint is damaged or of another training.
        """
        found = sorted(self._directory.glob("epoch-*.npz")) if self._directory is not None else []
        if not found:
            return None
        path = found[-1]
        with _open(path) as arrays:
            state = _read_state(path, arrays)
            if state.get("settings") != self._settings:
                raise NetworkError(
                    f"{path}: of a training with {state.get('settings')}, but this one has {self._settings}; "
                    f"remove {path.parent}"
                )
            _assign(path, arrays, self._variables())
        return Progress(tuple(state["history"]))

    def restore_best(self, progress: Progress) -> None:
        """Bring the network to the best epoch."""
        if self._directory is None:
            self._network.set_weights(self._best_weights)
            return
        path = self._best_path(progress)
        with _open(path) as arrays:
            _assign(path, arrays, self._network.weights)

    def _variables(self) -> list[Any]:
        # `variables`, not `weights`: it holds the state of dropout's generators too.
        return [*self._network.variables, *self._network.optimizer.variables]

    def _best_path(self, progress: Progress) -> Path:
        assert self._directory is not None
        return self._directory / f"best-{progress.best:04d}.npz"

    def _remove_all_but(self, progress: Progress) -> None:
        assert self._directory is not None
        keep = {self._best_path(progress).name, f"epoch-{len(progress.history):04d}.npz"}
        for path in self._directory.glob("*.npz"):
            if path.name not in keep:
                path.unlink()


def _write(path: Path, variables: Iterable[Any], state: Mapping[str, Any]) -> None:
    """Write variables one after the other (the paper's large network has 2.3 GB of them, thrice) and a JSON state."""
    with written_whole(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        for index, variable in enumerate(variables):
            with archive.open(f"{index:04d}.npy", "w", force_zip64=True) as target:
                np.lib.format.write_array(target, np.asarray(keras.ops.convert_to_numpy(variable)), allow_pickle=False)
        archive.writestr("state.json", json.dumps(state))


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path}: no whole checkpoint ({error}); remove {path.parent} to train anew") from error


def _read_state(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        state = json.loads(archive.read("state.json"))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path}: no whole checkpoint ({error}); remove {path.parent} to train anew") from error
    return dict(state)


def _assign(path: Path, archive: zipfile.ZipFile, variables: list[Any]) -> None:
    try:
        for index, variable in enumerate(variables):
            with archive.open(f"{index:04d}.npy") as source:
                variable.assign(np.lib.format.read_array(source, allow_pickle=False))
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise NetworkError(
            f"{path}: does not hold the variables of network {variables[0].path.split('/')[0]!r} ({error}); "
            f"remove {path.parent} to train anew"
        ) from error
