"""Stage `evaluate-joint`: the joint network's predictions -> models/joint, as `evaluate` leaves a category's."""

from img2vox.config import Params
from img2vox.entire.bundle import of_all, open_entire
from img2vox.evaluation.stage import score
from img2vox.paths import JOINT, Paths


def run(params: Params, paths: Paths) -> None:
    """Score the joint network beside the baselines, which may look at all categories too."""
    score(open_entire(params, paths), JOINT, JOINT, of_all(params), paths)
