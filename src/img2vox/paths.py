"""Where each output lies, given the project's root. Builds paths, touches no disk."""

from dataclasses import dataclass
from pathlib import Path

JOINT = "joint"  # stands where a category's slug does


@dataclass(frozen=True)
class Paths:
    """Places under one root; `dvc.yaml` names the same ones.

    Attributes:
        root: the directory that holds params.yaml.
        raw_directory: of the fetched meshes, seen from there; the paper's protocol reads the other one's.
    """

    root: Path = Path()
    raw_directory: Path = Path("data/raw")

    @property
    def sample(self) -> Path:
        """The meshes that come with the project."""
        return self.root / "data" / "sample"

    @property
    def raw(self) -> Path:
        """Fetched meshes, one archive a category."""
        return self.root / self.raw_directory

    @property
    def listing(self) -> Path:
        """How each category stood in its source when it was last looked at."""
        return self.root / "data" / "source.csv"

    def raw_archive(self, synset: str) -> Path:
        """OBJ and MTL files of one category, ShapeNet's own paths inside."""
        return self.raw / f"{synset}.zip"

    def renders(self, synset: str) -> Path:
        """<model_id>/<view>.png and views.csv."""
        return self.root / "data" / "renders" / f"{synset}.zip"

    def voxels(self, synset: str) -> Path:
        """(M, R, R, R, 1) bool."""
        return self.root / "data" / "bundles" / f"{synset}_voxels.npy"

    def images(self, synset: str) -> Path:
        """(M * views, H, W) uint8, the views of row m at m * views ..."""
        return self.root / "data" / "bundles" / f"{synset}_images.npy"

    def index(self, synset: str) -> Path:
        """One line a row of the voxels: who it is and which split it is in."""
        return self.root / "data" / "bundles" / f"{synset}_index.csv"

    def rejects(self, synset: str) -> Path:
        """Meshes that were not usable, and why."""
        return self.root / "data" / "bundles" / f"{synset}_rejects.csv"

    def category(self, slug: str) -> Path:
        """Everything that training and evaluating one category leaves."""
        return self.root / "models" / slug

    @property
    def joint(self) -> Path:
        """The network of all categories, which comes with the project."""
        return self.network(JOINT)

    @property
    def trained_on(self) -> Path:
        """The objects that the joint network saw."""
        return self.category(JOINT) / "trained_on.npz"

    def network(self, slug: str) -> Path:
        """Inference weights and architecture."""
        return self.category(slug) / "network.keras"

    def history(self, slug: str) -> Path:
        """One line an epoch."""
        return self.category(slug) / "history.csv"

    def fit(self, slug: str) -> Path:
        """What training itself measured, exactly."""
        return self.category(slug) / "fit.json"

    def predictions(self, slug: str) -> Path:
        """Occupancies of the val and test objects."""
        return self.category(slug) / "predictions.npz"

    def metrics(self, slug: str) -> Path:
        """The numbers of one category."""
        return self.category(slug) / "metrics.json"

    def instances(self, slug: str) -> Path:
        """The numbers of each val and test object."""
        return self.category(slug) / "instances.csv"

    def figures(self, slug: str) -> Path:
        """Pictures and OBJ files of one category's evaluation."""
        return self.category(slug) / "figures"

    @property
    def reports(self) -> Path:
        """What compares all categories."""
        return self.root / "reports"

    @property
    def meshes_table(self) -> Path:
        """One line a fetched object."""
        return self.reports / "meshes.csv"

    @property
    def meshes_report(self) -> Path:
        """What was fetched, beside what ShapeNet and the paper have."""
        return self.reports / "meshes.md"

    @property
    def receipt(self) -> Path:
        """What was registered, without ids or dates."""
        return self.reports / "registered.json"

    def checkpoints(self, key: str) -> Path:
        """A training that may have to go on; outside DVC's outputs, which it deletes before a stage."""
        return self.root / ".checkpoints" / key
