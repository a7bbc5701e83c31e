"""One picture to a file: what the browser demo does, on the command line. No Gradio, no MLflow."""

import tempfile
from pathlib import Path

from img2vox.config import Params
from img2vox.errors import ImageError, NetworkError
from img2vox.files import write_bytes
from img2vox.paths import Paths
from img2vox.serving.result import FORMATS, Look, result_file
from img2vox.serving.service import PrepareHow, Service


def predict_file(
    image: Path,
    slug: str,
    output: Path,
    params: Params,
    paths: Paths,
    *,
    threshold: float | None = None,
    style: str = "blocks",
    coloring: str = "plain",
    how: PrepareHow | None = None,
) -> int:
    """Write the shape that a network sees in a picture.

    Args:
        image: PNG, JPG or WebP.
        slug: the category, or "any" for the joint network.
        output: .obj, .glb, .stl or .ply for a mesh, .npy for the (R, R, R) bool grid.
        params: all of params.yaml.
        paths: where the network and its threshold are.
        threshold: cells above it are filled; None takes the answer's own, see Answer.threshold.
        style: blocks or smooth.
        coloring: plain or confidence.
        how: whether the background is removed and the object centred; both unless given.

    Returns:
        Number of filled cells.

    Raises:
        ImageError: the picture cannot be read.
        NetworkError: the category is not trained, or the output's suffix is none of the above.
        MeshError: the network sees nothing at this threshold, or style or coloring is none of the above.
    """
    suffix = output.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise NetworkError(f"{output}: cannot be written; use the suffix .{', .'.join(FORMATS)}")
    with tempfile.TemporaryDirectory(prefix="img2vox-") as scratch:
        service = Service(params, paths, Path(scratch))
        offer = service.local_offer(slug)
        prepared = service.prepare(read_file(image, service.limits.size_bytes), image.name, how or PrepareHow())
        answer = service.answer_with(offer, prepared)
    look = Look(answer.threshold if threshold is None else threshold, style, coloring)
    write_bytes(output, result_file(answer, look, suffix))
    return int(answer.grid(look.threshold).sum())


def read_file(path: Path, most_bytes: int) -> bytes:
    """The bytes of a picture's file, one more than `most_bytes` at most: what is larger is refused by its size.

    Raises:
        ImageError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise ImageError(f"{path}: not found; name a PNG, JPG or WebP file") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); name a PNG, JPG or WebP file") from error
