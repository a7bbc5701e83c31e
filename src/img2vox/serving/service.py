"""All of the demo but its page: networks on offer, pictures, answers. One a process; safe from many threads."""

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from img2vox.config import Params
from img2vox.errors import NetworkError, RegistryError
from img2vox.paths import Paths
from img2vox.serving.answer import Answer, ask
from img2vox.serving.network_process import NetworkProcess
from img2vox.serving.networks import Networks, budget_bytes
from img2vox.serving.offer import ANY_OBJECT, Offer, category_offer, joint_offer
from img2vox.serving.result import Look, result_file
from img2vox.tracking.where import store_state
from img2vox.upload import Limits, Prepared, prepare_upload
from img2vox.upload.background import cut_out

# The registry is read again no sooner than this: its state says for SQLite that nothing changed, for a server nothing.
_UNCHANGED_S, _SERVER_S = 0.5, 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PrepareHow:
    """The two switches of an upload."""

    remove_background: bool = True
    center: bool = True


class Service:
    """Answers pictures with the joint network and with the registered ones."""

    def __init__(
        self, params: Params, paths: Paths, cache_directory: Path, networks: Networks | NetworkProcess | None = None
    ) -> None:
        """Read nothing yet.

        Args:
            params: all of params.yaml.
            paths: of the project.
            cache_directory: for networks that lie on a server; the caller removes it.
            networks: where they are loaded; in this process unless given.
        """
        self.params, self.paths = params, paths
        self.limits = Limits(params.app.max_upload_mb * 2**20, params.app.max_megapixels * 1_000_000)
        self.networks = Networks(budget_bytes(params)) if networks is None else networks
        self._cache_directory = cache_directory
        self._lock = threading.Lock()
        self._registered: dict[str, Offer] = {}
        self._state: object = None
        self._read_at = float("-inf")

    def offers(self) -> dict[str, Offer]:
        """Networks by key, the joint one first; the registry is read again when it changed.

        A registry that cannot be read is logged and offers what it offered last: the joint network still answers.
        """
        joint: dict[str, Offer] = {}
        try:
            joint = {ANY_OBJECT: joint_offer(self.params, self.paths)}
        except NetworkError as error:
            log.warning("%s", error)
        with self._lock:
            if self._is_stale():
                self._read_registry()
            here = {offer.network_md5 for offer in joint.values()}
            others = {
                key: offer
                for key, offer in self._registered.items()
                if not (offer.is_joint and offer.network_md5 in here)  # `register` delivers the one that came along too
            }
            return {**joint, **others}

    def offer(self, key: str) -> Offer:
        """One network.

        Raises:
            NetworkError: no such key.
        """
        offers = self.offers()
        if key in self.params.categories and key not in offers:
            raise NetworkError(f"network: none of {key} is registered; run `dvc repro` and `img2vox register`")
        if key not in offers:
            raise NetworkError(f"network: there is no {key!r:.60}; there are {_some(offers)}")
        return offers[key]

    def prepare(self, data: bytes, name: str, how: PrepareHow) -> Prepared:
        """A sent picture, ready for any network.

        Raises:
            ImageError: it cannot be used.
        """
        return prepare_upload(
            data,
            name,
            self.limits,
            remove_background=how.remove_background,
            center=how.center,
            foreground_ratio=self.params.app.foreground_ratio,
        )

    def answer(self, key: str, prepared: Prepared) -> Answer:
        """What a network sees in a picture.

        Raises:
            NetworkError: no such network, or it cannot be loaded.
            RegistryError: it cannot be fetched.
        """
        return self.answer_with(self.offer(key), prepared)

    def answer_with(self, offer: Offer, prepared: Prepared) -> Answer:
        """The same for an offer at hand."""
        loaded = self.networks.get(offer.network_md5, lambda: self._locate(offer))
        return ask(offer, loaded, prepared, self.params.render)

    def warm_up(self) -> None:
        """Load the joint network and let it answer once, mesh and all, so that the first picture does not wait.

        Raises:
            NetworkError: there is no joint network.
        """
        offer = joint_offer(self.params, self.paths)
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(self.networks.get, offer.network_md5, lambda: self._locate(offer))
            self._warm_up_the_rest(offer)
            loading.result()

    def _warm_up_the_rest(self, offer: Offer) -> None:
        """What is imported and compiled between a picture and its files, but for the network."""
        cut_out(Image.new("RGB", (64, 64)))
        grid = np.zeros((self.params.voxelize.resolution,) * 3, dtype=np.float32)
        grid[2:-2, 3:-3, 4:-4] = 1
        answer = Answer(offer, np.zeros((self.params.bundle.image_size,) * 2, np.uint8), grid, 0.0)
        for format in ("obj", "glb", "stl", "npy"):  # Numba compiles, trimesh is imported
            result_file(answer, Look(0.5, "blocks", "plain"), format)
        result_file(answer, Look(0.5, "smooth", "confidence"), "glb")

    def local_offer(self, slug: str) -> Offer:
        """The network under models/ of a category, or the joint one: what `img2vox predict` asks, without MLflow."""
        if slug == ANY_OBJECT:
            return joint_offer(self.params, self.paths)
        return category_offer(slug, self.params, self.paths)

    def _locate(self, offer: Offer) -> Path:
        if "://" not in offer.source:
            return Path(offer.source)
        from img2vox.tracking.offers import fetch_network

        return fetch_network(offer, self._cache_directory)

    def _is_stale(self) -> bool:
        age = time.monotonic() - self._read_at
        if age < _UNCHANGED_S:
            return False
        state = store_state(self.paths.root)
        return state != self._state or (isinstance(state, str) and age > _SERVER_S)

    def _read_registry(self) -> None:
        state = store_state(self.paths.root)
        self._read_at = time.monotonic()
        if state is None:
            self._registered, self._state = {}, None
            return
        from img2vox.tracking.offers import registered_offers

        try:
            offers = registered_offers(self.paths.root, self.params.register.experiment)
        except RegistryError as error:
            log.warning("%s", error)
            return
        self._registered = {offer.key: offer for offer in offers}
        # Read before the registry was: what is written meanwhile is read the next time.
        self._state = state


def _some(keys: Iterable[str], most: int = 8) -> str:
    names = list(keys)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none; run `make repro`, or `git restore models/joint`"
