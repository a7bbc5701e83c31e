"""Stage `evaluate@<category>`: stored predictions -> metrics.json, instances.csv, figures. Starts no TensorFlow."""

import json
import logging

from img2vox.config import Params
from img2vox.data.bundle import Bundle, open_bundle
from img2vox.evaluation.evaluate import evaluate
from img2vox.evaluation.figures import write_figures
from img2vox.evaluation.instances import format_instances
from img2vox.evaluation.predictions import read_fit, read_history, read_predictions
from img2vox.evaluation.trained_on import read_trained_on
from img2vox.files import write_text
from img2vox.paths import JOINT, Paths
from img2vox.seeds import derive_seed

log = logging.getLogger(__name__)


def run(slug: str, params: Params, paths: Paths) -> None:
    """Score one category's network beside the baselines."""
    synset = params.synset(slug)
    score(open_bundle(paths.voxels(synset), paths.images(synset), paths.index(synset)), slug, synset, params, paths)


def score(bundle: Bundle, slug: str, synset: str, params: Params, paths: Paths) -> None:
    """Score the predictions of models/<slug> for a bundle's objects, and write what comes of it there.

    Args:
        bundle: that the network was trained on.
        slug: the category, or JOINT.
        synset: names the draws; the category's, or JOINT.
        params: all of params.yaml.
        paths: where to read and write.
    """
    val = read_predictions(paths.predictions(slug), "val")
    test = read_predictions(paths.predictions(slug), "test")
    fit = read_fit(paths.fit(slug))
    seen_elsewhere = None
    if fit.start == JOINT:
        seen_elsewhere = read_trained_on(paths.trained_on).grids_of_others(slug, bundle.resolution)
    evaluation = evaluate(
        bundle,
        val,
        test,
        fit,
        category=slug,
        convention=params.voxelize.convention,
        fraction=params.data.fraction,
        seed=derive_seed(params.seed, "bootstrap", synset),
        bootstrap_samples=params.evaluate.bootstrap_samples,
        threshold_tolerance=params.evaluate.threshold_tolerance,
        seen_elsewhere=seen_elsewhere,
    )
    metrics = evaluation.metrics
    history = read_history(paths.history(slug))
    val_loss = fit.splits["val"].loss
    write_figures(paths.figures(slug), bundle, test, evaluation.instances, metrics["threshold"], history, val_loss)
    write_text(paths.instances(slug), format_instances(evaluation.instances))
    write_text(paths.metrics(slug), json.dumps(metrics, indent=2) + "\n")
    message = "evaluate %s: test IoU %.3f, mean shape %.3f"
    log.info(message, slug, metrics["test"]["iou"], metrics["baselines"]["mean_shape"])
