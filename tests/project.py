"""A small copy of the project for tests that run the real pipeline."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[1]
# Small enough to train in a second, large enough that a swapped axis shows.
SMALL = {
    "resolution: 32": "resolution: 16",
    "image_size: 128": "image_size: 32",
    "views: 10": "views: 2",
    "images_per_object: 10": "images_per_object: 2",
    "  epochs: 20 ": "  epochs: 1 ",
    "copies: 12": "copies: 1",
    "bootstrap_samples: 2000": "bootstrap_samples: 100",
}
# The paper's params.yaml has other numbers in some places.
_ELSEWHERE = ("images_per_object: 10", "  epochs: 20 ", "  epochs: 3 ")
PAPER_SMALL = {old: new for old, new in SMALL.items() if old not in _ELSEWHERE}
PAPER_SMALL["  epochs: 20                  # at most"] = "  epochs: 2  # at most"
CATEGORIES = {"chair": "03001627", "mug": "03797390"}
# Variables that people have in their environment, and that shall stand in nothing that a run leaves.
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "planted-aws-4c1d9e",
    "MLFLOW_TRACKING_PASSWORD": "planted-mlflow-77ab02",
    "MLFLOW_TRACKING_TOKEN": "planted-token-d03f5b",
    "HF_TOKEN": "planted-hf-19e6c8",
}


def box_obj(sizes, corner=(0.0, 0.0, 0.0)):
    """OBJ text of an axis-aligned box."""
    points = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * sizes + corner
    quads = [(1, 2, 4, 3), (5, 7, 8, 6), (1, 5, 6, 2), (3, 4, 8, 7), (1, 3, 7, 5), (2, 6, 8, 4)]
    lines = ["v {:.4f} {:.4f} {:.4f}".format(*point) for point in points]
    return "\n".join(lines + ["f {} {} {} {}".format(*quad) for quad in quads]) + "\n"


def write_category(root, synset, count=8, extra=(), last_height=1.0):
    """An archive of boxes of different proportions, the last one so much higher, and whatever else is to be in it."""
    path = root / "data" / "sample" / f"{synset}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(int(synset))
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            text = box_obj(rng.uniform(0.2, 1.0, 3) * (1.0, last_height if number == count - 1 else 1.0, 1.0))
            info = zipfile.ZipInfo(f"{synset}/object-{number:02d}/models/model_normalized.obj")
            archive.writestr(info, text)
        for name, data in extra:
            archive.writestr(zipfile.ZipInfo(name), data)


def make_project(root, categories=CATEGORIES, changes=SMALL):
    """params.yaml with few categories and small numbers, dvc.yaml, the code, two archives, git and DVC."""
    _lay_out(root, categories, {".": changes})
    _bring_joint(root)
    commit(root)
    return root


def make_paper_project(root, categories=CATEGORIES):
    """The same with both protocols, and without what the top's networks start from."""
    _lay_out(root, categories, {".": SMALL, "paper": PAPER_SMALL})
    commit(root)
    return root


def make_data_project(root, categories=CATEGORIES):
    """The same without networks: enough for `dvc repro data/dvc.yaml`."""
    _lay_out(root, categories, {".": SMALL})
    commit(root)
    return root


def make_pretend_project(root, categories=CATEGORIES):
    """Both protocols with tests/pretend.py in the place of `img2vox`: DVC alone is real, a run is short."""
    _lay_out(root, categories, {".": SMALL, "paper": PAPER_SMALL})
    shutil.copy(REPOSITORY / "tests" / "pretend.py", root)
    for path in root.rglob("dvc.yaml"):
        program = "../pretend.py" if (root / "paper") in path.parents else "pretend.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("cmd: img2vox ", f"cmd: python {program} "), encoding="utf-8")
    (root / "pretend").mkdir()
    with (root / ".gitignore").open("a", encoding="utf-8") as stream:
        stream.write("/pretend/\n")
    _bring_joint(root)
    (root / "pretend" / "ran").unlink(missing_ok=True)
    commit(root)
    return root


def _lay_out(root, categories, protocols):
    for directory, changes in protocols.items():
        source, target = REPOSITORY / directory, root / directory
        for name in ("dvc.yaml", "data/dvc.yaml", "reports/dvc.yaml"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / name, target / name)
        text = small_params((source / "params.yaml").read_text(encoding="utf-8"), categories, changes)
        (target / "params.yaml").write_text(text, encoding="utf-8")
    for name in (".dvcignore", ".gitignore", "data/source.csv"):
        shutil.copy(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for synset in categories.values():
        write_category(root, synset)
    run(root, "git", "init", "--quiet")
    run(root, "dvc", "init", "--quiet")
    run(root, "dvc", "config", "core.analytics", "false")


def small_params(text, categories, changes):
    """The text of a params.yaml with other categories and small numbers."""
    head, _, tail = text.partition("categories:\n")
    tail = tail[tail.index("\n\n") :]
    text = head + "categories:\n" + "\n".join(f'  {slug}: "{synset}"' for slug, synset in categories.items()) + tail
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


_JOINT: dict[bytes, Path] = {}


def _bring_joint(root):
    """models/joint and what dvc.lock says of it, as in git: made once for all projects of the same files."""
    key = (root / "params.yaml").read_bytes() + (root / "dvc.yaml").read_bytes()
    if key not in _JOINT:
        run(root, "dvc", "unfreeze", "pretrain")
        run(root, "dvc", "repro", "pretrain")
        run(root, "dvc", "freeze", "pretrain")
        kept = Path(tempfile.mkdtemp(prefix="img2vox-joint-"))
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        shutil.copytree(root / "models" / "joint", kept / "joint")
        shutil.copy(root / "dvc.lock", kept)
        _JOINT[key] = kept
        # What follows shall begin as on a fresh clone.
        for path in (root / "data" / "raw", root / "data" / "renders", root / "data" / "bundles", root / "models"):
            shutil.rmtree(path)
        (root / "data" / "dvc.lock").unlink()
        shutil.rmtree(root / ".dvc" / "cache")
    shutil.copytree(_JOINT[key] / "joint", root / "models" / "joint")
    shutil.copy(_JOINT[key] / "dvc.lock", root)


def commit(root, message="change"):
    run(root, "git", "add", "--all")
    run(root, "git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", message)


def holders(folder, secrets):
    """Files that hold one of some texts: as they are, within an archive, or in what git keeps."""
    found = set()
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        texts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(name) for name in archive.namelist()]
        if path.name == "HEAD" and path.parent.name == ".git":
            command = ["git", "cat-file", "--batch", "--batch-all-objects"]
            texts.append(subprocess.run(command, cwd=path.parent, stdout=subprocess.PIPE, check=True).stdout)
        if any(secret.encode() in text for secret in secrets for text in texts):
            found.add(path.relative_to(folder).as_posix())
    return found


def environment():
    """Ours, with the interpreter's own directory first on PATH, and no tracking server of somebody else's."""
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    env |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUTF8": "1"}
    env.pop("MLFLOW_TRACKING_URI", None)
    return env


def start(root, *command, **options):
    return subprocess.run(
        command, cwd=root, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=900, **options
    )


def run(root, *command):
    """Run a command that must succeed; its standard output."""
    done = start(root, *command)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
