"""What MLflow gets to know of one category, read from the files that its stages left. Knows no MLflow."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from img2vox.errors import RegistryError
from img2vox.paths import JOINT, Paths
from img2vox.tracking.provenance import training_stage


@dataclass(frozen=True)
class Entry:
    """One category's network, or the joint one, ready to be logged and registered.

    Attributes:
        slug: the category's name, or "joint".
        synset: WordNet offset; empty for the joint one.
        protocol: "standard" or "paper".
        capacity: low or high, the paper's grouping, as in comparison.csv; "joint" for the joint one.
        metrics: the content of metrics.json.
        history: rows of history.csv, numbers by column.
        files: metrics.json, instances.csv, history.csv.
        figures: directory of figures.
        network: path of network.keras.
        image_size: height and width of its pictures.
        inputs: files that the training read -> their MD5, as DVC has them; empty outside a DVC project.
        fit_key: what the training called itself while it logged live; None where it did not.
        key: hash of all that makes a result; equal keys are one run.
    """

    slug: str
    synset: str
    protocol: str
    capacity: str
    metrics: Mapping[str, Any]
    history: tuple[Mapping[str, float], ...]
    files: tuple[Path, ...]
    figures: Path
    network: Path
    image_size: tuple[int, int]
    inputs: Mapping[str, str]
    fit_key: str | None
    key: str

    @property
    def label(self) -> str:
        """The category's name as people write it."""
        return "any object" if self.is_joint else self.slug.replace("_", " ")

    @property
    def is_joint(self) -> bool:
        """Whether one network for all categories is meant."""
        return self.slug == JOINT

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the project, trained on all categories before this pipeline ran."""
        return self.is_joint and self.protocol == "standard"

    @property
    def dvc_stage(self) -> str:
        """The stage that trained it."""
        return "pretrain" if self.is_shipped else training_stage(self.slug)

    @property
    def model_name(self) -> str:
        """Name in the registry."""
        return f"img2vox-{self.slug}"

    @property
    def instances(self) -> Path:
        """The table of its val and test pictures."""
        return self.files[1]

    @property
    def kind(self) -> str:
        """Which network: residual, low or high."""
        return str(self.metrics["network"])

    @property
    def network_md5(self) -> str:
        """Hash of the weights."""
        return str(self.metrics["network_md5"])

    @property
    def resolution(self) -> int:
        """Cells per side of its grids."""
        return int(self.metrics["resolution"])


def read_entry(slug: str, synset: str, protocol: str, capacity: str, inputs: Mapping[str, str], paths: Paths) -> Entry:
    """Read what a category's stages left; the arguments are Entry's.

    Raises:
        RegistryError: a file is missing or not what its name says.
    """
    files = (paths.metrics(slug), paths.instances(slug), paths.history(slug))
    digest = hashlib.sha256(f"{protocol}\0{slug}\0{synset}".encode())
    try:
        for path in files:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        metrics = _read_object(paths.metrics(slug))
        # A joint network that came with the project has no fit.json; its epochs come from history.csv alone.
        came_along = slug == JOINT and not paths.fit(slug).is_file()
        fit_key = None if came_along else _read_object(paths.fit(slug)).get("fit_key")
        history = tuple(
            {name: float(value) for name, value in row.items()} for row in read_rows(paths.history(slug), "epoch")
        )
        for key in (
            "network",
            "network_md5",
            "resolution",
            "convention",
            "parameters",
            "threshold",
            "test",
            "baselines",
        ):
            if key not in metrics:
                raise ValueError(f"{paths.metrics(slug)} has no {key!r}")
        image_size = _image_size(paths.network(slug))
    except (OSError, ValueError, TypeError) as error:
        raise RegistryError(
            f"{slug}: nothing to register ({error}); run `dvc repro reports/dvc.yaml:evaluate@{slug}`, or `dvc pull`"
        ) from error
    digest.update(str(metrics["network_md5"]).encode())
    return Entry(
        slug=slug,
        synset=synset,
        protocol=protocol,
        capacity=capacity,
        metrics=metrics,
        history=history,
        files=files,
        figures=paths.figures(slug),
        network=paths.network(slug),
        image_size=image_size,
        inputs=inputs,
        fit_key=None if fit_key is None else str(fit_key),
        key=digest.hexdigest()[:32],
    )


def read_rows(path: Path, column: str) -> list[dict[str, str]]:
    """Rows of a CSV file with a header.

    Raises:
        OSError: it cannot be read.
        ValueError: it has no rows, or none with this column.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or any(row.get(column) is None or None in row or None in row.values() for row in rows):
        raise ValueError(f"{path} has no whole rows with a column {column!r}")
    return rows


def flat_numbers(content: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Every number of nested mappings under its dotted name; text and missing values left out.

    A list of two is an interval: its ends become <name>.low and <name>.high.
    """
    numbers: dict[str, float] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            numbers |= flat_numbers(value, f"{prefix}{name}.")
        elif isinstance(value, list) and len(value) == 2:
            numbers |= {f"{prefix}{name}.low": float(value[0]), f"{prefix}{name}.high": float(value[1])}
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{prefix}{name}"] = float(value)
    return numbers


def _read_object(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}, expected an object")
    return cast("dict[str, Any]", content)


def _image_size(network: Path) -> tuple[int, int]:
    """Height and width that a .keras file wants, read from its list of layers: starting Keras takes seconds."""
    try:
        with zipfile.ZipFile(network) as archive:
            config = json.loads(archive.read("config.json"))
        layers = config["config"]["layers"]
        shapes = [layer["config"]["batch_shape"] for layer in layers if layer["class_name"] == "InputLayer"]
        _, height, width, channels = shapes[0]
        if channels != 1:
            raise ValueError(f"{channels} channels")
        return int(height), int(width)
    except (zipfile.BadZipFile, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{network} is no network from a gray picture: {error!r}") from error
