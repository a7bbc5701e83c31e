"""Stage `train-joint`: the bundles of all categories -> models/joint, as `train` leaves a category's."""

from img2vox.config import Params
from img2vox.entire.bundle import entire_files, of_all, open_entire
from img2vox.errors import NetworkError
from img2vox.learning.stage import train_on
from img2vox.paths import JOINT, Paths


def run(params: Params, paths: Paths) -> None:
    """Train one network on all categories and predict all their val and test objects.

    Raises:
        NetworkError: another joint network stands there, the one that `pretrain` makes.
    """
    if paths.trained_on.is_file():
        raise NetworkError(
            f"{paths.joint}: the network of `img2vox pretrain`, which this would overwrite; run `img2vox train joint` "
            "in paper/, where the paper's networks lie"
        )
    train_on(open_entire(params, paths), entire_files(params, paths), JOINT, JOINT, of_all(params), paths)
