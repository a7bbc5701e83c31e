"""The page: what stands where, and which event calls which handler."""

from pathlib import Path
from typing import Any

import gradio as gr

from app.components import Download, FilesInput, PictureInput, Viewer
from app.handlers import DOWNLOADS, Handlers
from img2vox.serving.examples import EXAMPLES
from img2vox.serving.offer import ANY_OBJECT
from img2vox.serving.result import COLORINGS, STYLES

PHOTOS = Path(__file__).parent / "photos"
TITLE = "img2vox: one picture to a 3-D shape"
SWEEP_S, KEEP_S = 300, 3600
# Predictions share two cores; more at once would only wait for each other inside.
AT_ONCE = 4

THEME = gr.themes.Default(primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
CSS = """
.gradio-container { max-width: 1280px !important; margin: 0 auto !important; }
#notes ul { margin: 0; padding-left: 1.1em; }
.viewer { background: radial-gradient(circle at 50% 35%, #ffffff 0%, #d9dee8 100%); }
.dark .viewer { background: radial-gradient(circle at 50% 35%, #4b5563 0%, #111827 100%); }
.gradio-container button:focus-visible, .gradio-container input:focus-visible { outline: 3px solid #2563eb; }
"""
# What Gradio leaves unnamed: screen readers say "canvas" and "button" otherwise.
LABELS = """
<script>
const label = () => {
  document.querySelectorAll('canvas:not([aria-label])').forEach((canvas) => {
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('tabindex', '0');
    canvas.setAttribute('aria-label', 'Three-dimensional shape; drag to turn it, scroll to zoom');
  });
  // A photo has its address a moment after its button is there.
  document.querySelectorAll('button.gallery-item:not([aria-label]) img[src]').forEach((image) => {
    const name = decodeURIComponent(image.src.split('/').pop());
    if (name) image.closest('button').setAttribute('aria-label', 'Try the photo ' + name);
  });
};
new MutationObserver(label).observe(document.documentElement, {
  childList: true,
  subtree: true,
  attributeFilter: ['src'],
});
</script>
"""


def build(handlers: Handlers) -> gr.Blocks:
    """The whole page; every event that programs shall not call is private, every other one has a name."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(SWEEP_S, KEEP_S)) as page:
        gr.Markdown(f"# {TITLE}\nChoose a network, drop a picture of one object, turn what it sees.")
        with gr.Tab("One picture"):
            _one_picture(page, handlers)
        with gr.Tab("Compare"):
            _compare(page, handlers)
        with gr.Tab("Held-out objects"):
            _held_out(handlers)
        with gr.Tab("Several pictures"):
            _several(handlers)
        with gr.Tab("Programs"):
            _programs(handlers)
        page.unload(handlers.leave)
    return page


def _one_picture(page: gr.Blocks, handlers: Handlers) -> None:
    answer = gr.State(None, time_to_live=KEEP_S)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320):
            group = gr.Radio([], label="Networks", elem_id="group")
            network = gr.Dropdown([], label="Network", elem_id="network", filterable=True)
            picture = _picture_input("Picture of one object: PNG, JPG or WebP", "picture", 280)
            with gr.Row():
                remove = gr.Checkbox(True, label="Remove a plain background", min_width=150, elem_id="remove")
                center = gr.Checkbox(True, label="Centre and scale", min_width=130, elem_id="center")
            with gr.Row():
                predict = gr.Button("Predict", variant="primary", min_width=120, elem_id="predict")
                cancel = gr.Button("Cancel", variant="stop", min_width=80, elem_id="cancel")
            notes = gr.Markdown(elem_id="notes")
            with gr.Row():
                mask = gr.Image(
                    label="Mask",
                    format="jpeg",  # WebP and PNG take ten times as long
                    interactive=False,
                    height=170,
                    min_width=140,
                    buttons=[],
                    elem_id="mask",
                )
                seen = _seen("seen", 170, 140)
        with gr.Column(scale=6, min_width=320):
            model = Viewer(
                label="Shape: drag to turn it",
                height=430,
                clear_color=(0.0, 0.0, 0.0, 0.0),
                interactive=False,
                elem_id="model",
                elem_classes="viewer",
                buttons=[],
            )
            told = gr.Markdown(elem_id="facts")
            threshold = gr.Slider(0.02, 0.98, 0.5, step=0.02, label="Threshold", elem_id="threshold")
            with gr.Row():
                style = gr.Radio(STYLES, value="blocks", label="Surface", min_width=150, elem_id="style")
                coloring = gr.Radio(COLORINGS, value="plain", label="Colour", min_width=150, elem_id="coloring")
            with gr.Row():
                downloads = [
                    Download(
                        f"Download {format.upper()}",
                        interactive=False,
                        size="sm",
                        min_width=110,
                        elem_id=f"get-{format}",
                    )
                    for format in DOWNLOADS
                ]
            turn = gr.Button("Turntable, drawn by PyVista", size="sm", elem_id="turn")
            turning = gr.Image(
                label="Turntable", type="filepath", interactive=False, height=300, buttons=[], elem_id="turning"
            )
    gr.Examples(
        [str(path) for path in sorted(PHOTOS.glob("*.*")) if path.suffix in (".png", ".jpg")],
        picture,
        label="Photos (licences in app/photos/SOURCES.md)",
        api_visibility="private",
        elem_id="photos",
    )
    result = [model, told, *downloads]
    answer_picture: dict[str, Any] = {
        "fn": handlers.answer_picture,
        "inputs": [picture, network, remove, center, style, coloring],
        "outputs": [answer, mask, seen, notes, threshold, *result],
        "api_visibility": "private",
        "concurrency_limit": AT_ONCE,
        "concurrency_id": "predict",
        "show_progress_on": [model, seen],
    }
    answering = gr.on(
        [picture.change, predict.click, network.input, remove.input, center.input],
        trigger_mode="always_last",
        **answer_picture,
    )
    redrawing = gr.on(
        [threshold.input, style.input, coloring.input],
        handlers.redraw,
        [answer, threshold, style, coloring],
        result,
        api_visibility="private",
        concurrency_limit=AT_ONCE,
        concurrency_id="predict",  # who came first is served first, whatever it is
        trigger_mode="always_last",
        show_progress="hidden",
    )
    drawing = turn.click(
        handlers.turn,
        [answer, threshold, style],
        turning,
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="turntable",
    )
    chosen = group.input(handlers.choose_group, group, network, api_visibility="private", show_progress="hidden")
    answering_group = chosen.then(**answer_picture)
    cancel.click(None, cancels=[answering, answering_group, redrawing, drawing], api_visibility="private")
    page.load(handlers.refresh, [group, network], [group, network], api_visibility="private", show_progress="hidden")
    # A champion that was registered meanwhile appears when somebody looks for one.
    network.focus(
        handlers.refresh, [group, network], [group, network], api_visibility="private", show_progress="hidden"
    )


def _compare(page: gr.Blocks, handlers: Handlers) -> None:
    with gr.Row():
        with gr.Column(scale=3, min_width=300):
            picture = _picture_input("Picture of one object", "compare-picture", 240)
            first = gr.Dropdown([], label="First network", elem_id="first")
            second = gr.Dropdown([], label="Second network", elem_id="second")
            style = gr.Radio(STYLES, value="blocks", label="Surface")
            said = gr.Markdown(elem_id="compared")
        with gr.Column(scale=4, min_width=300):
            left = _viewer("First network's shape", "left")
        with gr.Column(scale=4, min_width=300):
            right = _viewer("Second network's shape", "right")
    gr.on(
        [picture.change, first.input, second.input, style.input],
        handlers.compare,
        [picture, first, second, style],
        [left, right, said],
        api_visibility="private",
        concurrency_limit=AT_ONCE,
        concurrency_id="predict",
        trigger_mode="always_last",
    )
    page.load(handlers.all_networks, [first, second], [first, second], api_visibility="private", show_progress="hidden")


def _held_out(handlers: Handlers) -> None:
    gr.Markdown(
        "Objects of the embedded data that no network was trained on. Their truth is known: see what an IoU looks like."
    )
    with gr.Row():
        chosen = gr.Radio(
            [(example.label, number) for number, example in enumerate(EXAMPLES)], label="Object", elem_id="example"
        )
        style = gr.Radio(STYLES, value="blocks", label="Surface", min_width=140)
        network = gr.Radio(
            [("any object", ANY_OBJECT), ("its category's own", "own")],
            value=ANY_OBJECT,
            label="Network",
            min_width=160,
        )
    said = gr.Markdown(elem_id="held-out")
    with gr.Row():
        seen = _seen("held-out-seen", 300, 220)
        models = [_viewer(label, name) for label, name in _HELD_OUT]
    gr.on(
        [chosen.input, style.input, network.input],
        handlers.held_out,
        [chosen, network, style],
        [seen, *models, said],
        api_visibility="private",
        concurrency_limit=AT_ONCE,
        concurrency_id="predict",
    )


_HELD_OUT = (("Answer", "answer"), ("Truth", "truth"), ("Nearest training shape", "nearest"))


def _picture_input(label: str, name: str, height: int) -> PictureInput:
    return PictureInput(
        type="filepath",
        sources=["upload", "clipboard"],
        label=label,
        height=height,
        elem_id=name,
        buttons=[],
    )


def _seen(name: str, height: int, min_width: int) -> gr.Image:
    """The exact picture: Gradio's own choice, WebP, is not."""
    return gr.Image(
        label="What the network sees",
        format="png",
        interactive=False,
        height=height,
        min_width=min_width,
        buttons=[],
        elem_id=name,
    )


def _viewer(label: str, name: str) -> Viewer:
    return Viewer(
        label=label,
        height=300,
        clear_color=(0.0, 0.0, 0.0, 0.0),
        interactive=False,
        elem_id=name,
        elem_classes="viewer",
        min_width=220,
        buttons=[],
    )


def _several(handlers: Handlers) -> None:
    with gr.Row():
        with gr.Column(min_width=300):
            pictures = FilesInput(
                label="Pictures, up to 32", file_count="multiple", type="filepath", elem_id="pictures", height=220
            )
            network = gr.Textbox(ANY_OBJECT, label="Network (its key; see Programs)", max_lines=1)
            format = gr.Radio(DOWNLOADS, value="obj", label="Format")
            style = gr.Radio(STYLES, value="blocks", label="Surface")
            start = gr.Button("Predict all", variant="primary", elem_id="start")
        with gr.Column(min_width=300):
            archive = gr.File(label="Zip: a file for each picture, and results.csv", interactive=False, elem_id="zip")
            said = gr.Markdown(elem_id="several")
    start.click(
        handlers.zip_files,
        [pictures, network, format, style],
        [archive, said],
        api_name="zip",
        concurrency_limit=1,
        concurrency_id="zip",
    )


def _programs(handlers: Handlers) -> None:
    gr.Markdown(
        """
The endpoints `/models`, `/predict` and `/zip` answer `gradio_client` and plain HTTP; *Use via API* at the foot of the
page shows both. `GET /health` says whether the server is up.

```python
from gradio_client import Client, handle_file
client = Client("http://127.0.0.1:7860")
obj, glb, stl, npy, facts = client.predict(handle_file("chair.png"), network="any", api_name="/predict")
```
"""
    )
    with gr.Accordion("Try /predict and /models here", open=False):
        with gr.Row():
            picture = PictureInput(type="filepath", sources=["upload"], label="picture", height=180, buttons=[])
            with gr.Column():
                network = gr.Textbox(ANY_OBJECT, label="network", max_lines=1)
                threshold = gr.Number(0, label="threshold", info="0: the network's own")
                style = gr.Radio(STYLES, value="blocks", label="style")
                coloring = gr.Radio(COLORINGS, value="plain", label="coloring")
                remove = gr.Checkbox(True, label="remove_background")
                center = gr.Checkbox(True, label="center")
        files: list[Any] = [gr.File(label=name, interactive=False) for name in DOWNLOADS]
        found = gr.JSON(label="facts")
        with gr.Row():
            gr.Button("/predict").click(
                handlers.predict_files,
                [picture, network, threshold, style, coloring, remove, center],
                [*files, found],
                api_name="predict",
                concurrency_limit=AT_ONCE,
                concurrency_id="predict",
            )
            listed = gr.Button("/models")
        listed.click(handlers.list_models, None, gr.JSON(label="models"), api_name="models")
