"""What of the joint network pays: each idea beside the network that comes with the project, over seeds.

    python benchmarks/ideas.py [--ideas as_it_is ...] [--seeds 0 1 2] [--epochs 5] [--data DIRECTORY]
                               [--processes N]

Everything is that of `learning.py --methods joint` on the first of its five folds but for the one thing that an idea
changes, and for the epochs: a short training, its cosine as short, tells ideas apart at a fifth of the time.

    as_it_is        the network and the training of `img2vox pretrain`
    entropy_alone   without the Dice part of the loss
    soft_iou        soft IoU in place of Dice (Rahman and Wang 2016)
    no_copies       the bundles' views alone, as many steps: no stretched copies
    one_gray        always before the bundles' background, as bright as they are
    group_norm      group normalization before each block (Wu and He 2018)
    wide            half as many channels again
    queries         learned queries that look at the encoder's places through attention, in place of the decoder
                    (3D-RETR: Shi et al. 2021)

Scores stand in ideas_instances.csv as soon as they are measured and are not measured again; --processes N trains so
many networks at once, on one GPU too (KERAS_BACKEND=jax). Writes ideas.json: of each idea <idea>_iou, _sd (standard
deviation over seeds), _parameters, _gflop (a picture's way through the layers), and _gain over as_it_is with its paired
95 % interval over objects; over seeds a gain varies beside that, as _sd says.
"""

import argparse
import contextlib
import itertools
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import numpy as np

from common import RESULTS, ROOT, side_by_side, write_results
from img2vox.config import load_params
from img2vox.evaluation.metrics import paired_bootstrap_ci95
from img2vox.learning.onednn import train_by_onednn
from img2vox.seeds import derive_seed
from kfold import Table, pooled
from learning import FOLDS, JOINT, Bench, embedded
from learning_speed import forward_flop

OURS = "as_it_is"
FOLD = 0


@dataclass(frozen=True)
class Idea:
    """One change.

    Attributes:
        settings: keys of params.yaml's `pretrain` and their values.
        replaced: name of a function or constant, and of its module -> what stands there instead.
    """

    settings: dict[str, float] = field(default_factory=dict)
    replaced: dict[tuple[str, str], object] = field(default_factory=dict)


def entropy_alone(truth, logits):
    """The cross-entropy, weighted as in training.seen_loss."""
    from keras import ops

    from img2vox.joint.training import _ENTROPY_WEIGHT

    entropy = ops.binary_crossentropy(ops.cast(truth, logits.dtype), logits, from_logits=True)
    return _ENTROPY_WEIGHT * ops.mean(entropy, axis=(1, 2, 3))


def with_soft_iou(truth, logits):
    """The same plus 1 - soft IoU."""
    from keras import ops

    filled, chance = ops.cast(truth, logits.dtype), ops.sigmoid(logits)
    both = ops.sum(filled * chance, axis=(1, 2, 3))
    either = ops.sum(filled + chance - filled * chance, axis=(1, 2, 3))
    return entropy_alone(truth, logits) + 1.0 - (both + 1.0) / (either + 1.0)


def normalized(block):
    """A residual block that normalizes its input."""
    from keras import layers

    def build(x, name):
        return layers.Add(name=f"{name}_around")([x, block(layers.GroupNormalization(8, name=f"{name}_norm")(x), name)])

    return build


def queries(levels, bridge, places):
    """Two layers of attention from one learned query for each place: what residual._decode takes and gives."""
    import keras
    from keras import layers, ops

    class Learned(layers.Layer):
        """(N, ...) -> (N, K, C), the same K vectors for each picture."""

        def __init__(self, count):
            super().__init__()
            self.vectors = self.add_weight(shape=(1, count, width), initializer="random_normal", name="vectors")

        def call(self, x):
            return ops.repeat(self.vectors, ops.shape(x)[0], axis=0)

        def compute_output_spec(self, x):
            return keras.KerasTensor((None, *self.vectors.shape[1:]), dtype=self.compute_dtype)

    width = levels[1].shape[-1]
    joined = layers.Concatenate()([levels[-1], bridge])
    memory = [
        layers.Reshape((-1, width))(layers.Conv2D(width, 1, name=f"memory_{number}")(level))
        for number, level in enumerate([levels[1], joined])
    ]
    memory = layers.Concatenate(axis=1)(memory)
    memory = layers.Add()([memory, Learned(memory.shape[1])(memory)])
    x = Learned(places * places)(memory)
    for number in range(2):
        for target in (memory, None):
            y = layers.LayerNormalization()(x)
            y = layers.MultiHeadAttention(4, width // 4)(y, y if target is None else target)
            x = layers.Add()([x, y])
        y = layers.Dense(2 * width, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add(name=f"query_{number}")([x, layers.Dense(width)(y)])
    return layers.Reshape((places, places, width))(x)


def ideas(params) -> dict[str, Callable[[], Idea]]:
    """Name -> idea; made when asked for, since some need Keras."""
    from img2vox.learning import residual

    loss = ("img2vox.joint.training", "seen_loss")
    block, widths = ("img2vox.learning.residual", "_residual_block"), ("img2vox.learning.residual", "_WIDTHS")
    each = params.render.views + params.pretrain.copies * params.pretrain.views_per_copy
    longer = round(params.pretrain.epochs * each / params.render.views)
    return {
        OURS: Idea(),
        "entropy_alone": Idea(replaced={loss: entropy_alone}),
        "soft_iou": Idea(replaced={loss: with_soft_iou}),
        "no_copies": Idea(settings={"copies": 0, "epochs": longer}),
        "one_gray": Idea(settings={"other_backgrounds": 0.0, "brightness": 0.0}),
        "group_norm": Idea(replaced={block: normalized(residual._residual_block)}),
        "wide": Idea(replaced={widths: tuple(width * 3 // 2 for width in residual._WIDTHS)}),
        "queries": Idea(replaced={("img2vox.learning.residual", "_decode"): queries}),
    }


def bench_of(idea, params, directory, table):
    """The folds, with the settings that an idea changes."""
    return Bench(replace(params, pretrain=replace(params.pretrain, **idea.settings)), directory, FOLDS, table)


def measure(name, idea, bench, seed):
    """Train with one idea, unless it is in the table, and keep what every tested object scored."""
    recipe = bench.recipe(*JOINT)
    missing = bench.missing(name, seed, FOLD, recipe)
    if not missing:
        return
    with contextlib.ExitStack() as stack:
        for (module, attribute), value in idea.replaced.items():
            stack.enter_context(mock.patch(f"{module}.{attribute}", value))
        network = stack.enter_context(bench.pretrained(name, seed, FOLD))
        for slug, fold in missing.items():
            bench.keep(name, seed, FOLD, recipe, slug, fold, bench.score(network, slug, fold))


def size_of(idea, params):
    """Parameters, and 1e9 multiplications and additions of one picture."""
    from img2vox.learning.networks import build_network
    from img2vox.learning.residual import seen_network

    with contextlib.ExitStack() as stack:
        for (module, attribute), value in idea.replaced.items():
            stack.enter_context(mock.patch(f"{module}.{attribute}", value))
        network = build_network("residual", params.bundle.image_size, params.voxelize.resolution, 1)
    return network.count_params(), forward_flop(seen_network(network)) / 1e9


def summarize(table, sizes, params):
    """The numbers of ideas.json."""
    scores = table.scores("standard")
    numbers = {}
    for name, (parameters, gflop) in sizes.items():
        by_seed = {}
        for line in table.lines:
            if line[2] == name:
                by_seed.setdefault(line[3], []).append(float(line[7]))
        if not by_seed:
            continue
        means = [float(np.mean(values)) for values in by_seed.values()]
        numbers |= {
            f"{name}_iou": float(np.mean(means)),
            f"{name}_sd": float(np.std(means, ddof=1 if means[1:] else 0)),
        }
        numbers |= {f"{name}_seeds": len(means), f"{name}_parameters": parameters, f"{name}_gflop": gflop}
        both = pooled(scores, [name, OURS])
        if name != OURS and len(both[OURS]):
            seed = derive_seed(params.seed, "ideas")
            low, high = paired_bootstrap_ci95(both[name], both[OURS], seed, params.evaluate.bootstrap_samples)
            gain = float((both[name] - both[OURS]).mean())
            numbers |= {f"{name}_gain": gain, f"{name}_gain_ci_low": low, f"{name}_gain_ci_high": high}
    return numbers


def main(arguments=None):
    params = load_params(ROOT / "params.yaml")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ideas", nargs="*", help="all unless given; none: only sum up", metavar="IDEA")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--categories", nargs="+", default=list(embedded()), metavar="CATEGORY")
    parser.add_argument("--data", type=Path, help="where prepared data stays for other runs")
    parser.add_argument("--processes", type=int, default=1, help="trainings at once; needs --data")
    parser.add_argument("--output", type=Path, default=RESULTS / "ideas.json")
    parser.add_argument("--only-measure", action="store_true", help=argparse.SUPPRESS)
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(arguments)
    if options.processes > 1 and not options.data:
        parser.error("--processes: needs --data, where they share what is prepared")

    train_by_onednn()
    params = replace(params, categories={slug: embedded()[slug] for slug in sorted(options.categories)})
    params = replace(params, pretrain=replace(params.pretrain, epochs=options.epochs))
    known = ideas(params)
    wanted = list(known) if options.ideas is None else options.ideas
    if unknown := set(wanted) - set(known):
        parser.error(f"--ideas: {', '.join(sorted(unknown))}; expected some of {', '.join(known)}")
    beside = options.output.with_name(f"{options.output.stem}_instances.csv")
    trainings = list(itertools.product(options.seeds, wanted))
    if options.processes > 1:
        for name in wanted:
            bench_of(known[name], params, options.data, Table(beside)).pool()  # by all cores, not by one share of them
        alone = [sys.executable, __file__, *arguments, "--processes", "1", "--only-measure"]
        commands = [[*alone, "--seeds", str(seed), "--ideas", name] for seed, name in trainings]
        if any(side_by_side(commands, options.processes)):
            sys.exit("a training failed, see above; the same command goes on")
    else:
        from img2vox.learning.backend import prepare_backend

        print(prepare_backend(params.train.threads, params.seed), flush=True)
        with tempfile.TemporaryDirectory() as directory:
            for seed, name in trainings:
                bench = bench_of(known[name], params, options.data or Path(directory), Table(beside))
                measure(name, known[name], bench, seed)
    if options.only_measure:
        return
    sizes = {name: size_of(idea, params) for name, idea in known.items()}
    numbers = {"epochs": options.epochs, **summarize(Table(beside), sizes, params)}
    print(write_results(options.output.stem, numbers, options.output))


if __name__ == "__main__":
    main()
