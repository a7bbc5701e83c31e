"""What all charts share: colours, canvas and bytes. No pyplot: importing it costs a second."""

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

# Okabe and Ito's palette: told apart with any colour vision, and in print.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#9A5B8A"
GRAY, LIGHT = "#6B6B6B", "#C9CED6"

CURVES, INSTANCES, GALLERY = "curves.png", "instances.png", "gallery.png"  # of a category

_DPI = 130
_COLORS = 48  # of a chart in the file: a third of the bytes of full colour, no difference to see


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, ready for to_png."""
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def tidy(axes: Axes, grid_axis: str) -> None:
    """Less ink: no frame above and right, a faint grid along "x" or "y"."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LIGHT)
    axes.tick_params(color=LIGHT, labelsize=8)
    axes.set_axisbelow(True)
    if grid_axis == "x":
        axes.xaxis.grid(True, color=LIGHT, linewidth=0.5)
    else:
        axes.yaxis.grid(True, color=LIGHT, linewidth=0.5)


def to_png(figure: Figure) -> bytes:
    """The figure as a PNG without dates or names of software: equal figures give equal bytes."""
    pixels = io.BytesIO()
    figure.savefig(pixels, format="rgba")
    picture = Image.frombytes("RGBA", figure.canvas.get_width_height(), pixels.getvalue()).convert("RGB")
    return encode(picture.quantize(_COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))


def encode(picture: Image.Image) -> bytes:
    """A picture as PNG bytes."""
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=9)
    return stream.getvalue()
