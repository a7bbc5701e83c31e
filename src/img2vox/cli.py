"""The command line. Thin: each command imports what it needs, so that the others start fast."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from img2vox.config import Params, load_params
from img2vox.errors import Img2VoxError
from img2vox.imports import ONEDNN_IS_ON, do_without, no_garbage_collected, one_thread_for_matrices, without_lines
from img2vox.learning.onednn import train_by_onednn
from img2vox.paths import JOINT, Paths

app = typer.Typer(
    name="img2vox", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
registry = typer.Typer(no_args_is_help=True, help="Registered networks in MLflow.")
app.add_typer(registry, name="registry")
Slug = Annotated[str, typer.Argument(help="A category of params.yaml, such as chair.", metavar="CATEGORY")]
Slugs = Annotated[list[str], typer.Argument(help="Categories of params.yaml.", metavar="CATEGORY...")]
Workers = Annotated[int | None, typer.Option(help="Threads; else compute.workers. Never changes a result.", min=1)]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show the traceback of our own errors too.")] = False,
) -> None:
    """One picture of an object in, a 3-D voxel grid out."""
    logging.basicConfig(level=logging.DEBUG if debug else logging.INFO, format="%(message)s", stream=sys.stderr)
    for name in ("matplotlib", "PIL", "numba", "h5py", "tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.WARNING)


@app.command()
def fetch(workers: Workers = None) -> None:
    """Bring the meshes of data.source to data/raw, and report what they are like."""
    from img2vox.sources import stage

    params = load_params()
    stage.run(params, paths_of(params), workers or params.compute.workers or usable_cores())


@app.command()
def source() -> None:
    """Look whether data.source has changed: data/source.csv, which `fetch` depends on; nothing is fetched."""
    from img2vox.sources import stage

    params = load_params()
    changed = stage.look(params, paths_of(params))
    typer.echo(f"{params.data.source}: {', '.join(changed) + ' changed' if changed else 'unchanged'}")


@app.command()
def prepare(category: Slug, workers: Workers = None) -> None:
    """Grids, views and bundle of one category, in one pass over its meshes."""
    from img2vox.data import stage

    params = load_params()
    stage.run(category, params, paths_of(params), workers or params.compute.workers or usable_cores())


@app.command()
def pretrain(workers: Workers = None) -> None:
    """Train the joint network on all categories: models/joint, which comes with the project."""
    do_without("sklearn", "matplotlib", "pandas")
    train_by_onednn()
    with without_lines(*ONEDNN_IS_ON):
        from img2vox.joint import stage

    params = load_params()
    stage.run(params, paths_of(params), workers or params.compute.workers or usable_cores())


@app.command()
def train(category: Slug) -> None:
    """Train one category's network and predict its val and test objects; joint: the paper's network for all of them."""
    do_without("sklearn", "matplotlib", "pandas")
    train_by_onednn()
    if category == JOINT:
        with no_garbage_collected(), without_lines(*ONEDNN_IS_ON):
            from img2vox.entire import train as joint

        joint.run(load_params(), Paths())
    else:
        with no_garbage_collected(), without_lines(*ONEDNN_IS_ON):
            from img2vox.learning import stage

        stage.run(category, load_params(), Paths())


@app.command()
def evaluate(categories: Slugs) -> None:
    """Numbers, baselines and figures of one category, or of several, from stored predictions."""
    one_thread_for_matrices()
    from img2vox.entire import evaluate as joint
    from img2vox.evaluation import stage

    params = load_params()
    for category in categories:
        if category == JOINT:
            joint.run(params, Paths())
        else:
            stage.run(category, params, Paths())


@app.command()
def compare() -> None:
    """Tables, charts and the report over all categories."""
    one_thread_for_matrices()
    from img2vox.reporting import stage

    stage.run(load_params(), Paths())


@app.command()
def register(
    promote: Annotated[
        str | None,
        typer.Option(
            help="Make a version champion by hand: its challenger, unless given.", metavar="CATEGORY[:VERSION]"
        ),
    ] = None,
    rollback: Annotated[
        str | None, typer.Option(help="Make the champion before the present one champion again.", metavar="CATEGORY")
    ] = None,
) -> None:
    """Deliver every category's run and network to MLflow; what is there already is left alone.

    --promote and --rollback deliver nothing; they write promotions.csv, which every later register follows. VERSION
    is a number or the first digits of a network_md5.
    """
    from img2vox.tracking import by_hand, stage

    if promote and rollback:
        raise typer.BadParameter("use one of --promote and --rollback")
    if promote:
        typer.echo(by_hand.promote(promote, load_params(), Paths()))
    elif rollback:
        typer.echo(by_hand.roll_back(rollback, load_params(), Paths()))
    else:
        stage.run(load_params(), Paths())


@registry.command()
def prune(
    keep: Annotated[int, typer.Option(help="Newest versions of each network that stay besides.", min=0)],
) -> None:
    """Throw away old versions that have no alias and that promotions.csv does not name; their runs stay."""
    from img2vox.tracking import by_hand

    typer.echo(by_hand.prune(keep, load_params(), Paths()))


@app.command()
def repro(
    categories: Annotated[
        list[str] | None, typer.Argument(help="These alone, and nothing beyond.", metavar="[CATEGORY]...")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Categories at once; else what cores, memory and GPUs allow.", min=1)
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(help="A fixed part of the categories, such as 2/4, and nothing beyond.", metavar="I/N"),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(help="Run them on a Ray cluster: auto, host:port of its head, or local.", metavar="ADDRESS"),
    ] = None,
    pull: Annotated[bool, typer.Option("--pull", help="Take from the remote what is there, and run the rest.")] = False,
    push: Annotated[bool, typer.Option("--push", help="Push the results, for whoever pulls.")] = False,
) -> None:
    """What `dvc repro` does, with many categories at once."""
    from img2vox.jobs import repro as program
    from img2vox.jobs import shares
    from img2vox.jobs.runner import StoppedError

    if ray is not None and (jobs or shard or pull or push):
        raise typer.BadParameter(
            "--ray places, pulls and pushes by itself; leave --jobs, --shard, --pull and --push out"
        )
    params = load_params()
    try:
        if ray is not None:
            from img2vox.jobs import cluster

            return cluster.run(ray, categories or [], params, paths_of(params))
        gpus = shares.gpus()
        jobs = jobs or shares.default_jobs(params, usable_cores(), shares.free_memory_gb(), len(gpus))
        program.run(params, paths_of(params), jobs, gpus, categories or [], shard, pulled=pull, pushed=push)
    except StoppedError as stopped:
        raise typer.Exit(stopped.exit_code) from None


@app.command()
def results() -> None:
    """Print the table of results of the last comparison, and what to do next."""
    from img2vox.reporting import stage

    typer.echo(stage.table(load_params(), Paths()), nl=False)


@app.command()
def predict(
    image: Annotated[Path, typer.Argument(help="A picture of one object, best on a plain or transparent background.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="OBJ, GLB, STL or PLY by its suffix; .npy: the grid.")],
    category: Annotated[str, typer.Option(help="Whose network answers; any: the joint one.")] = "any",
    threshold: Annotated[float | None, typer.Option(help="Else the answer's own.")] = None,
    style: Annotated[str, typer.Option(help="blocks or smooth.")] = "blocks",
    coloring: Annotated[str, typer.Option(help="plain or confidence; GLB alone has colours.")] = "plain",
    background: Annotated[bool, typer.Option("--background/--keep-background", help="Remove a plain one.")] = True,
    center: Annotated[bool, typer.Option(help="Frame the object as in the training pictures.")] = True,
) -> None:
    """One picture to a mesh or a grid, as the browser demo does it."""
    from img2vox import predict as program
    from img2vox.serving.service import PrepareHow

    filled = program.predict_file(
        image,
        category,
        output,
        load_params(),
        Paths(),
        threshold=threshold,
        style=style,
        coloring=coloring,
        how=PrepareHow(background, center),
    )
    typer.echo(f"{output}: {filled} cells filled")


@app.command()
def voxelize(
    mesh: Annotated[Path, typer.Argument(help="OBJ, STL, PLY or GLB.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .npy file, (R, R, R) bool, [x, y, z].")],
) -> None:
    """The grid of one mesh file, by params.yaml."""
    from img2vox.data import single

    typer.echo(f"{output}: {single.voxelize_file(mesh, output, load_params())} cells filled")


@app.command()
def render(
    mesh: Annotated[Path, typer.Argument(help="OBJ, STL, PLY or GLB.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A zip archive: <name>/<view>.png and views.csv.")],
) -> None:
    """The views of one mesh file, by params.yaml."""
    from img2vox.data import single

    typer.echo(f"{output}: {single.render_file(mesh, output, load_params())} views")


@app.command()
def bundle(category: Slug) -> None:
    """Pictures of one category's bundle again from its renders: after editing bundle.* or the pictures themselves."""
    from img2vox.data import single

    typer.echo(f"{single.bundle_images(category, load_params(), Paths())} pictures")


@app.command("contact-sheet")
def contact_sheet(
    file: Annotated[
        Path, typer.Argument(help="An archive of data/renders or data/raw, or a _images.npy or _voxels.npy.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG file.")],
    view: Annotated[int | None, typer.Option(help="Only this view of each object; all views unless given.")] = None,
) -> None:
    """Every object of a category on one sheet, for the eye."""
    from img2vox.contact_sheet import sheet_of

    sheet_of(file, view, load_params()).save(output)


@app.command()
def view(
    file: Annotated[Path, typer.Argument(help="A grid or a bundle's grids (.npy), or a mesh (OBJ, STL, PLY, GLB).")],
    row: Annotated[int, typer.Option(help="Row of a bundle.", min=0)] = 0,
    screenshot: Annotated[Path | None, typer.Option(help="Write this PNG file instead of opening a window.")] = None,
) -> None:
    """A grid or a mesh in a window of PyVista."""
    from img2vox import viewer

    mesh = viewer.read_shape(file, row)
    if screenshot is None:
        viewer.open_window(mesh, file.name)
    else:
        viewer.save_screenshot(mesh, screenshot)


@app.command()
def doctor() -> None:
    """What is installed and in reach: Python, libraries, GPU, OpenGL, MLflow's store, DVC's remote."""
    from img2vox.doctor import report

    typer.echo(report(Paths()), nl=False)


def paths_of(params: Params) -> Paths:
    """The places below this directory, and the meshes where params.yaml says."""
    return Paths(raw_directory=Path(params.data.raw))


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    """Entry point: exit 0 done, 1 our own error in one line on stderr, 2 usage."""
    try:
        app()
    except Img2VoxError as error:
        if "--debug" in sys.argv[1:]:
            raise
        typer.echo(f"img2vox: {error}", err=True)
        sys.exit(1)
