"""What the registry offers to whoever wants a picture answered: champions, and the newest network of each kind."""

import logging
import tempfile
from pathlib import Path

import mlflow.artifacts
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from img2vox.errors import RegistryError
from img2vox.serving.offer import Offer
from img2vox.tracking.package import no_progress_bar
from img2vox.tracking.registry import CHAMPION, alias_for, local_directory
from img2vox.tracking.store import STORE_ERRORS, Store, first_line, open_store

_FILE = Path("artifacts") / "network.keras"  # inside a registered model, as package.py lays it out
_PAGE = 1000
_PROTOCOLS = ("standard", "paper")
_KINDS = (CHAMPION, "residual", "low", "high")

log = logging.getLogger(__name__)


def registered_offers(root: Path, experiment: str) -> list[Offer]:
    """Every champion, and every network that another alias names; sorted by key.

    Raises:
        RegistryError: the store cannot be opened or read.
    """
    store = open_store(root, experiment)
    try:
        versions = {(version.name, str(version.version)): version for version in _versions(store)}
        runs = {run.info.run_id: run for run in store.runs("tags.slug != ''")}
        offers = []
        for model in store.client.search_registered_models("name LIKE 'img2vox-%'", _PAGE):
            seen: set[tuple[str, str]] = set()
            for alias in (alias_for(protocol, kind) for protocol in _PROTOCOLS for kind in _KINDS):
                version = versions.get((model.name, str(model.aliases.get(alias, ""))))
                if version is None or (version.name, str(version.version)) in seen:
                    continue
                seen.add((version.name, str(version.version)))
                offer = _offer(version, alias, runs.get(version.run_id))
                if offer is not None:
                    offers.append(offer)
    except STORE_ERRORS as error:
        raise RegistryError(f"{store.uri}: the registry cannot be read ({first_line(error)}); see `make ui`") from error
    return sorted(offers, key=lambda offer: offer.key)


def fetch_network(offer: Offer, directory: Path) -> Path:
    """The file of a network, brought here first where it lies on a server.

    Args:
        offer: which.
        directory: where fetched files are kept, by their weights.

    Raises:
        RegistryError: it cannot be brought.
    """
    if "://" not in offer.source:
        return Path(offer.source)
    kept = directory / f"{offer.network_md5}.keras"
    if not kept.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(dir=directory) as scratch, no_progress_bar():
                where = f"{offer.source.rstrip('/')}/{_FILE.as_posix()}"
                Path(mlflow.artifacts.download_artifacts(where, dst_path=scratch)).replace(kept)
        except STORE_ERRORS as error:
            raise RegistryError(f"{offer.source}: cannot be fetched ({first_line(error)})") from error
    return kept


def _versions(store: Store) -> list[ModelVersion]:
    found: list[ModelVersion] = []
    token = None
    while True:
        page = store.client.search_model_versions("name LIKE 'img2vox-%'", _PAGE, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _offer(version: ModelVersion, alias: str, run: Run | None) -> Offer | None:
    """None for a version whose run or file is gone: it cannot be served, and one such must not hide the others."""
    directory = local_directory(str(version.source))
    path = None if directory is None else directory / _FILE
    if run is None or (path is not None and not path.is_file()):
        log.warning("%s %s: its run or its file is gone; it is not offered", version.name, version.version)
        return None
    tags, values, numbers = version.tags, run.data.params, run.data.metrics
    return Offer(
        key=tags["slug"] if alias == CHAMPION else f"{tags['slug']}:{alias}",
        slug=tags["slug"],
        kind=tags["network"],
        capacity=values.get("capacity", "low"),
        protocol=tags["protocol"],
        trained_on=int(numbers.get("objects.train", 0)),
        test_iou=numbers.get("test.iou"),
        threshold=float(tags["threshold"]),
        background=int(values.get("bundle.background", 255)),
        network_md5=tags["network_md5"],
        source=str(version.source) if path is None else str(path),
        size_bytes=None if path is None else path.stat().st_size,
    )
