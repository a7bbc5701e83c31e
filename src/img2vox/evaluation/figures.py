"""The figures of one category: training curves, IoU of each test object, original beside predicted.

They answer the paper's Figs. 15, 17 and 18 to 20, and can be drawn again from files, without TensorFlow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from img2vox.data.bundle import Bundle
from img2vox.data.image import composite
from img2vox.evaluation.instances import Instance, object_means
from img2vox.evaluation.metrics import fill
from img2vox.evaluation.plotting import (
    BLUE,
    CURVES,
    GALLERY,
    GRAY,
    GREEN,
    INSTANCES,
    LIGHT,
    ORANGE,
    PURPLE,
    encode,
    new_figure,
    tidy,
    to_png,
)
from img2vox.evaluation.predictions import Predictions
from img2vox.files import write_bytes
from img2vox.geometry.frames import View
from img2vox.rendering import render
from img2vox.surface import blocks, write_mesh

# Blocks are seen from two opposite corners, so that no side stays hidden; at this distance the whole cube fits.
_CAMERAS = (View(35.0, 25.0, 3.3), View(215.0, 25.0, 3.3))
_FOV_DEG = 30.0
_TILE = 176  # pixels
_MARGIN = 10
_CAPTION = 22
_EMPTY_OBJ = b"# empty grid: no cell is filled\n"


@dataclass(frozen=True)
class Example:
    """One test object as the gallery shows it.

    Attributes:
        rank: best, median or worst, by mean IoU over views.
        instance: the view whose IoU is nearest to that mean, so that none is shown at its luckiest.
        truth: (R, R, R) bool.
        predicted: (R, R, R) bool.
        picture: (H, W) uint8, what the network saw.
    """

    rank: str
    instance: Instance
    truth: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    picture: NDArray[np.uint8]


def write_figures(
    directory: Path,
    bundle: Bundle,
    test: Predictions,
    instances: Sequence[Instance],
    threshold: float,
    history: Mapping[str, Sequence[float]],
    val_loss: float,
) -> None:
    """Write curves.png, instances.png, gallery.png and, for each example, <rank>_truth.obj and <rank>_predicted.obj.

    Args:
        directory: where to.
        bundle: the category's.
        test: the test predictions that `instances` were computed from.
        instances: of any splits; the test ones are shown.
        threshold: that makes grids of the predictions.
        history: column -> one number an epoch; read_history.
        val_loss: of the weights that were kept; tells their epoch.
    """
    on_test = [instance for instance in instances if instance.split == "test"]
    examples = choose_examples(bundle, test, on_test, threshold)
    write_bytes(directory / CURVES, draw_curves(history, val_loss))
    write_bytes(directory / INSTANCES, draw_instances(on_test))
    write_bytes(directory / GALLERY, draw_gallery(examples))
    for example in examples:
        write_bytes(directory / f"{example.rank}_truth.obj", _obj(example.truth))
        write_bytes(directory / f"{example.rank}_predicted.obj", _obj(example.predicted))


def choose_examples(
    bundle: Bundle, test: Predictions, instances: Sequence[Instance], threshold: float
) -> list[Example]:
    """The best, the median and the worst test object; fewer where there are fewer objects.

    Args:
        bundle: the category's.
        test: its test predictions.
        instances: of the test split.
        threshold: that makes grids of the predictions.
    """
    names = list(dict.fromkeys(instance.model_id for instance in instances))
    means = dict(zip(names, object_means(instances, "iou"), strict=True))
    ordered = sorted(names, key=lambda name: (-means[name], name))
    places = {"best": 0, "worst": len(ordered) - 1, "median": (len(ordered) - 1) // 2}
    ranks = {place: rank for rank, place in reversed(places.items())}  # "best" wins where two places are one
    row_of = {row.model_id: row.voxel_row for row in bundle.index}
    examples = []
    for place, rank in sorted(ranks.items()):
        name = ordered[place]
        views = [instance for instance in instances if instance.model_id == name]
        shown = min(views, key=lambda instance: abs(instance.iou - means[name]))
        occupancy = test.occupancy[test.model_ids.index(name), test.views.tolist().index(shown.view)]
        row = row_of[name]
        picture = np.asarray(bundle.images[row * bundle.views + shown.view])
        examples.append(Example(rank, shown, bundle.voxels[row, ..., 0], fill(occupancy, threshold), picture))
    return examples


def draw_curves(history: Mapping[str, Sequence[float]], val_loss: float) -> bytes:
    """Loss, accuracy and IoU of training and validation by epoch, the epoch of the kept weights marked (PNG).

    Args:
        history: column -> one number an epoch; read_history.
        val_loss: of the kept weights. The last epoch's or, with early stopping, the best one's: the history has it.
    """
    figure = new_figure(9.0, 2.6)
    panels = figure.subplots(
        1, 3, gridspec_kw={"left": 0.06, "right": 0.985, "bottom": 0.17, "top": 0.88, "wspace": 0.22}
    )
    epochs = history["epoch"]
    kept = epochs[kept_epoch(history, val_loss)]
    for axes, (name, title) in zip(panels, {"loss": "Loss", "accuracy": "Accuracy", "iou": "IoU"}.items(), strict=True):
        tidy(axes, "y")
        axes.axvline(kept, color=LIGHT, linewidth=4, zorder=0.5, label="kept weights")
        marker = "o" if len(epochs) == 1 else None  # a single point makes no line
        axes.plot(epochs, history[name], color=BLUE, marker=marker, linewidth=1.5, label="training")
        axes.plot(epochs, history[f"val_{name}"], color=ORANGE, marker=marker, linewidth=1.5, label="validation")
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("epoch", fontsize=8)
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].legend(fontsize=8, frameon=False)
    return to_png(figure)


def kept_epoch(history: Mapping[str, Sequence[float]], val_loss: float) -> int:
    """Place in the history of the epoch whose val_loss is nearest to this one; the last of equally near ones."""
    off = np.abs(np.asarray(history["val_loss"]) - val_loss)
    return len(off) - 1 - int(np.argmin(off[::-1]))


def draw_instances(instances: Sequence[Instance]) -> bytes:
    """IoU of each test object: mean over views, range over views, and the means of network and baselines (PNG)."""
    names = list(dict.fromkeys(instance.model_id for instance in instances))
    ious = [[instance.iou for instance in instances if instance.model_id == name] for name in names]
    means = object_means(instances, "iou")
    origins = {instance.model_id: instance.origin for instance in instances}
    order = np.argsort(-means, kind="stable")
    places = np.arange(len(names))

    figure = new_figure(9.0, 2.8)
    axes = figure.add_axes((0.06, 0.13, 0.72, 0.8))
    tidy(axes, "y")
    lowest, highest = np.array([[min(ious[k]), max(ious[k])] for k in order]).T
    axes.vlines(places, lowest, highest, color=LIGHT, linewidth=max(0.8, min(6.0, 240 / len(names))))
    size = max(2.0, min(7.0, 300 / len(names)))
    for origin, color in (("real", BLUE), ("parametric", PURPLE)):
        chosen = np.array([origins[names[k]] == origin for k in order])
        if chosen.any():
            axes.plot(
                places[chosen],
                means[order][chosen],
                "o",
                color=color,
                markersize=size,
                clip_on=False,
                label=f"{origin} object",
            )
    _mean_line(axes, means.mean(), BLUE, "-", "network")
    _mean_line(axes, object_means(instances, "mean_shape_iou").mean(), GRAY, ":", "mean shape")
    _mean_line(axes, object_means(instances, "nearest_image_iou").mean(), ORANGE, "--", "nearest image")
    _mean_line(axes, object_means(instances, "oracle_iou").mean(), GREEN, "-.", "oracle nearest")
    axes.set_ylim(0, 1)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xticks([])
    axes.set_xlabel(f"{len(names)} test objects, best first; bars: range over views", fontsize=8)
    axes.set_ylabel("IoU", fontsize=8)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return to_png(figure)


def draw_gallery(examples: Sequence[Example]) -> bytes:
    """One line an example: the picture, truth and prediction as blocks from two opposite corners (PNG, gray)."""
    titles = ("picture", "truth", "predicted", "truth, behind", "predicted, behind")
    step = _TILE + _MARGIN
    width = len(titles) * step + _MARGIN
    height = _CAPTION + len(examples) * (step + _CAPTION)
    sheet = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for column, title in enumerate(titles):
        draw.text((_MARGIN + column * step, 4), title, fill=90, font=font)
    for number, example in enumerate(examples):
        top = _CAPTION + number * (step + _CAPTION)
        draw.text((_MARGIN, top + 2), _caption(example), fill=0, font=font)
        truth, predicted = _blocks_pictures(example.truth), _blocks_pictures(example.predicted)
        picture = Image.fromarray(example.picture).resize((_TILE, _TILE), Image.Resampling.BILINEAR)
        for column, tile in enumerate((picture, truth[0], predicted[0], truth[1], predicted[1])):
            sheet.paste(tile, (_MARGIN + column * step, top + _CAPTION))
    return encode(sheet.point([min(255, (gray + 4) // 8 * 8) for gray in range(256)]))  # a quarter of the bytes less


def _caption(example: Example) -> str:
    instance = example.instance
    return (
        f"{example.rank}: IoU {instance.iou:.3f} (mean shape {instance.mean_shape_iou:.3f}, nearest image "
        f"{instance.nearest_image_iou:.3f}) - {instance.origin} {instance.model_id[:36]}, view {instance.view}"
    )


def _mean_line(axes: Axes, value: float, color: str, style: str, label: str) -> None:
    axes.axhline(value, color=color, linestyle=style, linewidth=1.2, clip_on=False, label=f"{label} {value:.3f}")


def _blocks_pictures(grid: NDArray[np.bool_]) -> list[Image.Image]:
    """The grid as shaded blocks on white, one picture a camera; an empty grid is a crossed frame."""
    if not grid.any():
        tile = Image.new("L", (_TILE, _TILE), 255)
        draw = ImageDraw.Draw(tile)
        draw.rectangle((0, 0, _TILE - 1, _TILE - 1), outline=200)
        draw.text((_MARGIN, _TILE // 2), "empty grid", fill=120, font=ImageFont.load_default(13))
        return [tile] * len(_CAMERAS)
    pictures = composite(render(blocks(grid), _CAMERAS, _TILE, _FOV_DEG, "raster"), background=255)
    return [Image.fromarray(picture) for picture in pictures]


def _obj(grid: NDArray[np.bool_]) -> bytes:
    """The grid's blocks as an OBJ file; for an empty grid one that says so, since a mesh has at least one face."""
    return write_mesh(blocks(grid), "obj") if grid.any() else _EMPTY_OBJ
