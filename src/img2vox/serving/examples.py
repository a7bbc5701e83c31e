"""Objects that no network was trained on, drawn from the embedded meshes when they are asked for, with their truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from img2vox.config import Params
from img2vox.data.archive import list_meshes, open_archive
from img2vox.data.image import encode_png
from img2vox.data.prepare import Job, prepare_object
from img2vox.errors import SourceError
from img2vox.evaluation.baselines import iou_matrix
from img2vox.evaluation.trained_on import read_trained_on
from img2vox.paths import Paths


@dataclass(frozen=True)
class Example:
    """One view of a test object.

    Attributes:
        slug: its category.
        model_id: its name in data/sample.
        view: which of its rendered views.
    """

    slug: str
    model_id: str
    view: int

    @property
    def label(self) -> str:
        """For a list."""
        return f"{self.slug.replace('_', ' ')}, view {self.view}"


@dataclass(frozen=True)
class Shown:
    """An example with all that an answer is compared with.

    Attributes:
        picture: PNG bytes of the view, transparent behind the object, as training pictures are made.
        truth: (R, R, R) bool.
        azimuth_deg: from where the view is taken.
        nearest: (R, R, R) bool, of all shapes that the joint network was trained on the one nearest to the truth, which
            no picture tells: the most that retrieval could reach.
        nearest_name: <slug>/<model_id> of it.
        nearest_iou: its IoU with the truth.
    """

    picture: bytes
    truth: NDArray[np.bool_]
    azimuth_deg: float
    nearest: NDArray[np.bool_]
    nearest_name: str
    nearest_iou: float


# Real test objects, chosen for their variety before any network had answered them.
EXAMPLES = (
    Example("chair", "quaternius-furniture2017--chairhandle", 1),
    Example("car", "quaternius-realisticcar2018--cop-suv", 1),
    Example("airplane", "quaternius-airplane2017--militaryairplane2", 9),
    Example("sofa", "quaternius-furniture2017--sofalong", 1),
    Example("mug", "thebasemesh--mug", 2),
    Example("table", "thebasemesh--food-prep-table", 1),
    Example("laptop", "metaworld--laptop", 1),
    Example("rocket", "thebasemesh--rocket-toy-02", 1),
)


def show_example(example: Example, params: Params, paths: Paths) -> Shown:
    """Draw an example and find the training shape nearest to it.

    Raises:
        SourceError: the embedded meshes lack it.
        BundleError: the list of objects that the joint network was trained on cannot be read.
    """
    synset = params.synset(example.slug)
    with open_archive(paths.sample / f"{synset}.zip") as archive:
        entries = {entry.model_id: entry for entry in list_meshes(archive, synset)[0]}
        if example.model_id not in entries:
            raise SourceError(f"{paths.sample / synset}.zip: no {example.model_id}; `git restore data/sample`")
        prepared = prepare_object(archive, Job.as_it_is(entries[example.model_id]), synset, params)
    trained = read_trained_on(paths.trained_on)
    grids = np.unpackbits(trained.bits, axis=1).view(np.bool_).reshape(-1, *prepared.grid.shape)
    ious = iou_matrix(prepared.grid[None], grids)[0]
    best = int(ious.argmax())
    return Shown(
        picture=encode_png(prepared.pictures[example.view]),
        truth=prepared.grid,
        azimuth_deg=prepared.views[example.view].azimuth_deg,
        nearest=grids[best],
        nearest_name=f"{trained.categories[best]}/{trained.model_ids[best]}",
        nearest_iou=float(ious[best]),
    )
