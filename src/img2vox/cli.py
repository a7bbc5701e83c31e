"""The command line. Thin: each command imports what it needs, so that the others start fast."""

import logging
import os
import sys
from typing import Annotated

import typer

from img2vox.config import load_params
from img2vox.errors import Img2VoxError
from img2vox.paths import Paths

app = typer.Typer(
    name="img2vox", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
Slug = Annotated[str, typer.Argument(help="A category of params.yaml, such as chair.", metavar="CATEGORY")]
Workers = Annotated[int | None, typer.Option(help="Threads; all cores unless given. Never changes a result.", min=1)]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(help="Show the traceback of our own errors too.")] = False,
) -> None:
    """One picture of an object in, a 3-D voxel grid out."""
    logging.basicConfig(level=logging.DEBUG if debug else logging.INFO, format="%(message)s", stream=sys.stderr)
    for name in ("matplotlib", "PIL", "numba", "h5py", "tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.WARNING)


@app.command()
def fetch() -> None:
    """Bring the meshes of data.source to data/raw."""
    from img2vox.sources import stage

    stage.run(load_params(), Paths())


@app.command()
def prepare(category: Slug, workers: Workers = None) -> None:
    """Grids, views and bundle of one category, in one pass over its meshes."""
    from img2vox.data import stage

    stage.run(category, load_params(), Paths(), workers or usable_cores())


@app.command()
def train(category: Slug) -> None:
    """Train one category's network and predict its val and test objects."""
    from img2vox.learning import stage

    stage.run(category, load_params(), Paths())


@app.command()
def evaluate(category: Slug) -> None:
    """Numbers, baselines and figures of one category from its stored predictions."""
    from img2vox.evaluation import stage

    stage.run(category, load_params(), Paths())


@app.command()
def compare() -> None:
    """Tables, charts and the report over all categories."""
    from img2vox.reporting import stage

    stage.run(load_params(), Paths())


@app.command()
def register() -> None:
    """Deliver every category's run and network to MLflow; what is there already is left alone."""
    from img2vox.tracking import stage

    stage.run(load_params(), Paths())


@app.command()
def results() -> None:
    """Print the table of results of the last comparison, and what to do next."""
    from img2vox.reporting import stage

    typer.echo(stage.table(load_params(), Paths()), nl=False)


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
