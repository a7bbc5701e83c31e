"""params.yaml as typed values.

One frozen dataclass a section, without defaults: a default in code is a number that `dvc params diff` cannot
show. Unknown and missing keys are errors (params_file.py), and values are checked once, on construction.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from img2vox.catalog import PAPER_HIGH
from img2vox.errors import ParamsError
from img2vox.params_file import PARAMS_FILE, read
from img2vox.paths import JOINT

REPO = re.compile(r"[\w.-]+/[\w.-]+")
# Where a source lies and when it is looked at: what it holds is another matter, see data/source.csv.
PLACES = frozenset({"data.shapenet_dir", "data.folder_dir", "data.r2n2_dir", "data.watch"})


def _require(holds: bool, key: str, value: object, expected: str) -> None:
    if not holds:
        raise ParamsError(f"{PARAMS_FILE}: {key} is {value!r}; use {expected}")


def _require_one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
    _require(value in allowed, key, value, "one of " + ", ".join(allowed))


def _require_share(key: str, value: float) -> None:
    _require(0 <= value < 1, key, value, "a share from 0 to below 1")


def _require_positive(key: str, value: float) -> None:
    _require(value > 0, key, value, "a number above 0")


@dataclass(frozen=True)
class DataParams:
    """Where the meshes come from and how much of them is used."""

    source: str
    shapenet_dir: str
    huggingface_repo: str
    folder_dir: str
    up_axis: str
    r2n2_dir: str
    r2n2_split: str
    watch: tuple[str, ...]
    raw: str
    fraction: float
    images_per_object: int

    def __post_init__(self) -> None:
        _require_one_of("data.source", self.source, ("sample", "shapenet", "huggingface", "folder", "r2n2"))
        _require_one_of("data.up_axis", self.up_axis, ("x", "y", "z"))
        for field in ("shapenet_dir", "folder_dir", "r2n2_dir", "raw"):
            _require(bool(getattr(self, field)), f"data.{field}", getattr(self, field), "a directory")
        repo = self.huggingface_repo
        _require(bool(REPO.fullmatch(repo)), "data.huggingface_repo", repo, "an owner and a name, such as a/b")
        _require(self.watch in ((), (self.source,)), "data.watch", list(self.watch), f"[] or [{self.source}]")
        _require(0 < self.fraction <= 1, "data.fraction", self.fraction, "a share above 0, at most 1")
        _require_positive("data.images_per_object", self.images_per_object)


@dataclass(frozen=True)
class FetchParams:
    """What of an object comes along."""

    textures: bool


@dataclass(frozen=True)
class PrepareParams:
    """What becomes of meshes that are unusable or alike."""

    max_rejects: float
    max_mesh_mb: int
    near_duplicate_iou: float
    near_duplicate_surface_iou: float

    def __post_init__(self) -> None:
        _require_share("prepare.max_rejects", self.max_rejects)
        _require_positive("prepare.max_mesh_mb", self.max_mesh_mb)
        for name in ("near_duplicate_iou", "near_duplicate_surface_iou"):
            value = getattr(self, name)
            _require(0 < value <= 1, f"prepare.{name}", value, "an IoU above 0, at most 1")


@dataclass(frozen=True)
class VoxelizeParams:
    """How a mesh becomes a grid."""

    engine: str
    resolution: int
    convention: str
    solid: str

    def __post_init__(self) -> None:
        _require_one_of("voxelize.engine", self.engine, ("img2vox", "trimesh"))
        _require(16 <= self.resolution <= 256, "voxelize.resolution", self.resolution, "16 to 256")
        _require(self.resolution % 8 == 0, "voxelize.resolution", self.resolution, "a multiple of 8")
        _require_one_of("voxelize.convention", self.convention, ("standard", "paper"))
        _require_one_of("voxelize.solid", self.solid, ("flood", "parity", "winding", "surface"))
        if self.convention == "paper":
            _require(self.solid == "surface", "voxelize.solid", self.solid, "surface with voxelize.convention paper")
        if self.engine == "trimesh":
            _require(
                self.convention == "paper", "voxelize.convention", self.convention, "paper with voxelize.engine trimesh"
            )


@dataclass(frozen=True)
class RenderParams:
    """Cameras and the engine that draws."""

    engine: str
    views: int
    elevation_deg: float
    distance: float
    fov_deg: float
    randomize: bool
    elevation_range_deg: tuple[float, ...]
    blender_samples: int

    def __post_init__(self) -> None:
        _require_one_of("render.engine", self.engine, ("raster", "pyvista", "blender"))
        _require(1 <= self.views <= 360, "render.views", self.views, "1 to 360")
        _require(
            -90 < self.elevation_deg < 90, "render.elevation_deg", self.elevation_deg, "degrees between -90 and 90"
        )
        _require(self.distance > 0.5, "render.distance", self.distance, "above 0.5, the radius of the object")
        _require(0 < self.fov_deg < 180, "render.fov_deg", self.fov_deg, "degrees between 0 and 180")
        _require_positive("render.blender_samples", self.blender_samples)
        low_high = self.elevation_range_deg
        valid = len(low_high) == 2 and -90 < low_high[0] <= low_high[1] < 90
        _require(valid, "render.elevation_range_deg", list(low_high), "[lowest, highest] in degrees between -90 and 90")


@dataclass(frozen=True)
class BundleParams:
    """Pictures as the networks get them."""

    image_size: int
    background: int

    def __post_init__(self) -> None:
        _require(16 <= self.image_size <= 1024, "bundle.image_size", self.image_size, "16 to 1024")
        _require(self.image_size % 16 == 0, "bundle.image_size", self.image_size, "a multiple of 16")
        _require(0 <= self.background <= 255, "bundle.background", self.background, "a gray from 0 to 255")


@dataclass(frozen=True)
class SplitParams:
    """Shares of the objects that are kept from training."""

    val: float
    test: float
    roles: str

    def __post_init__(self) -> None:
        _require_one_of("split.roles", self.roles, ("standard", "paper"))
        _require_share("split.val", self.val)
        _require_share("split.test", self.test)
        _require_positive("split.val", self.val)
        _require_positive("split.test", self.test)


@dataclass(frozen=True)
class AugmentParams:
    """Turned copies of training objects, made when a category is prepared."""

    turns: int
    fill_to: int

    def __post_init__(self) -> None:
        _require(0 <= self.turns <= 1000, "augment.turns", self.turns, "0 (none) to 1000")
        _require(self.fill_to >= 0, "augment.fill_to", self.fill_to, "0 (no limit) or a number of objects")


@dataclass(frozen=True)
class ComputeParams:
    """What the machine gives; nothing here changes a result."""

    workers: int
    training_gb: float
    training_gpus: float
    retries: int

    def __post_init__(self) -> None:
        _require(self.workers >= 0, "compute.workers", self.workers, "0 (all cores) or a number of threads")
        _require(self.training_gb >= 0, "compute.training_gb", self.training_gb, "0 (by network) or gigabytes")
        share = self.training_gpus
        _require(0 < share <= 1, "compute.training_gpus", share, "a share above 0, at most 1")
        _require(self.retries >= 0, "compute.retries", self.retries, "0 or more")


@dataclass(frozen=True)
class PretrainParams:
    """What the joint network trains on, and how."""

    copies: int
    views_per_copy: int
    stretch: float
    elevation_jitter_deg: float
    other_backgrounds: float
    brightness: float
    epochs: int
    batch_size: int
    learning_rate: float

    def __post_init__(self) -> None:
        for field in ("views_per_copy", "epochs", "batch_size", "learning_rate"):
            _require_positive(f"pretrain.{field}", getattr(self, field))
        for field in ("copies", "stretch", "elevation_jitter_deg", "brightness"):
            value = getattr(self, field)
            _require(value >= 0, f"pretrain.{field}", value, "0 or more")
        share = self.other_backgrounds
        _require(0 <= share <= 1, "pretrain.other_backgrounds", share, "a share from 0 to 1")


@dataclass(frozen=True)
class TrainParams:
    """The network of a category and its training."""

    network: str
    start: str
    freeze_encoder: bool
    high_capacity_min_objects: int
    epochs: int
    early_stopping: bool
    patience: int
    batch_size: int
    learning_rate: float
    mirror: bool
    threads: int

    def __post_init__(self) -> None:
        _require_one_of("train.network", self.network, ("residual", "low", "high", "by_size", "paper"))
        _require_one_of("train.start", self.start, ("joint", "scratch"))
        for field in ("high_capacity_min_objects", "epochs", "patience", "batch_size", "learning_rate", "threads"):
            _require_positive(f"train.{field}", getattr(self, field))

    def network_for(self, slug: str, objects: int) -> str:
        """The kind of network that a category of so many objects gets: residual, low or high.

        "paper" goes by name, not by size: high for the six of its Table 3, and for all categories in one network.
        """
        if self.network == "paper":
            return "high" if slug in (*PAPER_HIGH, JOINT) else "low"
        if self.network == "by_size":
            return "high" if objects >= self.high_capacity_min_objects else "low"
        return self.network


@dataclass(frozen=True)
class EvaluateParams:
    """How numbers are computed from predictions."""

    bootstrap_samples: int
    threshold_tolerance: float

    def __post_init__(self) -> None:
        _require_positive("evaluate.bootstrap_samples", self.bootstrap_samples)
        _require_share("evaluate.threshold_tolerance", self.threshold_tolerance)


@dataclass(frozen=True)
class RegisterParams:
    """Names in MLflow, and what it takes to become champion."""

    experiment: str
    protocol: str
    min_gain: float
    min_test_objects: int

    def __post_init__(self) -> None:
        _require(bool(self.experiment), "register.experiment", self.experiment, "a name")
        _require_one_of("register.protocol", self.protocol, ("standard", "paper"))
        _require_share("register.min_gain", self.min_gain)
        _require_positive("register.min_test_objects", self.min_test_objects)


@dataclass(frozen=True)
class AppParams:
    """Limits of the browser demo, and how uploads are framed."""

    memory_gb: float
    max_upload_mb: int
    max_megapixels: int
    max_queue: int
    foreground_ratio: float

    def __post_init__(self) -> None:
        for field in ("memory_gb", "max_upload_mb", "max_megapixels", "max_queue"):
            _require_positive(f"app.{field}", getattr(self, field))
        share = self.foreground_ratio
        _require(0 < share <= 1, "app.foreground_ratio", share, "a share above 0, at most 1")


@dataclass(frozen=True)
class Params:
    """All of params.yaml."""

    seed: int
    categories: Mapping[str, str]
    data: DataParams
    fetch: FetchParams
    prepare: PrepareParams
    voxelize: VoxelizeParams
    render: RenderParams
    bundle: BundleParams
    split: SplitParams
    augment: AugmentParams
    pretrain: PretrainParams
    train: TrainParams
    evaluate: EvaluateParams
    register: RegisterParams
    compute: ComputeParams
    app: AppParams

    def __post_init__(self) -> None:
        fewer = self.data.images_per_object <= self.render.views
        key = "data.images_per_object"
        _require(fewer, key, self.data.images_per_object, f"at most render.views, {self.render.views}")

    def synset(self, slug: str) -> str:
        """The synset of a category.

        Raises:
            ParamsError: no such category in params.yaml.
        """
        if slug not in self.categories:
            known = ", ".join(self.categories)
            raise ParamsError(f"{PARAMS_FILE}: no category {slug!r} under categories; there are {known}")
        return self.categories[slug]


def load_params(path: Path = Path(PARAMS_FILE)) -> Params:
    """Read and check params.yaml.

    Raises:
        ParamsError: the file is missing or no YAML, a key is missing, unknown or written twice, or a value is not
            what its key allows; one line that names the key.
    """
    return read(path, Params)


def flatten(params: Params) -> dict[str, str | int | float | bool]:
    """Every single value that can change a result under its dotted key, as DVC names it; lists become text.

    The list of categories is left out, which says what is made, not how; so are PLACES.
    """
    flat: dict[str, str | int | float | bool] = {"seed": params.seed}
    for field in dataclasses.fields(params):
        section = getattr(params, field.name)
        if dataclasses.is_dataclass(section) and field.name not in ("compute", "app"):
            for inner in dataclasses.fields(section):
                value = getattr(section, inner.name)
                flat[f"{field.name}.{inner.name}"] = str(list(value)) if isinstance(value, tuple) else value
    return {key: value for key, value in flat.items() if key not in PLACES}
