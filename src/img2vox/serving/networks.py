"""Networks in memory: each loaded once, the one used longest ago given up when the budget is spent."""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2vox.errors import NetworkError

if TYPE_CHECKING:
    import keras

    from img2vox.config import Params

# The layer of the residual network that says from where it takes the picture to be seen (learning/residual.py).
_DIRECTION = "mean_direction"
_FLOAT_BYTES = 4


def budget_bytes(params: "Params") -> int:
    """What the weights of all loaded networks may take."""
    return int(params.app.memory_gb * 2**30)


@dataclass(frozen=True)
class Loaded:
    """A network ready to answer.

    Attributes:
        network: picture -> grid, and the chances of the camera's azimuths where it tells them.
        image_size: H = W of its pictures.
        resolution: R of its grids.
        size_bytes: of its weights.
        lock: one prediction at a time: two at once only take the cores from each other.
    """

    network: "keras.Model"
    image_size: int
    resolution: int
    size_bytes: int
    lock: threading.Lock

    def answer(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float | None]:
        """What it sees in one picture.

        Args:
            pixels: (H, W) uint8.

        Returns:
            (R, R, R) float32 in [0, 1], and the azimuth in degrees from which it takes the object to be seen; None
            from a network that does not say.
        """
        with self.lock:
            answers = self.network.predict_on_batch(pixels[None, ..., None])
        if not isinstance(answers, list):
            return np.asarray(answers, dtype=np.float32)[0, ..., 0], None
        occupancy, chances = (np.asarray(answer, dtype=np.float32)[0] for answer in answers)
        return occupancy[..., 0], _azimuth(chances)


class Networks:
    """The loaded networks of one process, by the hash of their weights."""

    def __init__(self, budget_bytes: int) -> None:
        """Hold none yet.

        Args:
            budget_bytes: of all weights in memory.
        """
        self.budget_bytes = budget_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        # Loading takes seconds and memory: one at a time. Predictions have locks of their own and go on meanwhile.
        self._loading, self._table = threading.Lock(), threading.Lock()
        self._running = threading.Lock()

    def get(self, network_md5: str, locate: Callable[[], Path]) -> Loaded:
        """A network, loaded if it is not.

        Args:
            network_md5: names it.
            locate: its file; called only if it has to be loaded.

        Raises:
            NetworkError: the file is damaged, or larger than the whole budget.
        """
        found = self._find(network_md5)
        if found is not None:
            return found
        with self._loading:
            found = self._find(network_md5)  # somebody else may have loaded it meanwhile
            if found is None:
                found = self._load(locate())
                with self._table:
                    self._loaded[network_md5] = found
            return found

    @property
    def size_bytes(self) -> int:
        """Weights in memory."""
        with self._table:
            return sum(loaded.size_bytes for loaded in self._loaded.values())

    def __len__(self) -> int:
        with self._table:
            return len(self._loaded)

    def _find(self, network_md5: str) -> Loaded | None:
        with self._table:
            if network_md5 in self._loaded:
                self._loaded.move_to_end(network_md5)
            return self._loaded.get(network_md5)

    def _load(self, path: Path) -> Loaded:
        # Imported here: Keras takes seconds to start, and the page shall be there before.
        from img2vox.learning.network_file import load_network
        from img2vox.learning.networks import sizes_of

        # Before it is read: both at once might be more than the machine has. A file of float16 becomes twice as large.
        self._make_room(path.stat().st_size, path)
        network = load_network(path)
        size = network.count_params() * _FLOAT_BYTES
        self._make_room(size, path)
        image_size, resolution = sizes_of(network)
        loaded = Loaded(_with_direction(network), image_size, resolution, size, self._running)
        loaded.answer(np.full((image_size, image_size), 255, dtype=np.uint8))  # traced now, not for the first user
        return loaded

    def _make_room(self, size_bytes: int, path: Path) -> None:
        if size_bytes > self.budget_bytes:
            raise NetworkError(
                f"{path.name}: needs {size_bytes / 2**30:.1f} GB of memory, more than app.memory_gb, "
                f"{self.budget_bytes / 2**30:.1f}; raise it in params.yaml"
            )
        with self._table:
            held = sum(loaded.size_bytes for loaded in self._loaded.values())
            given_up = 0
            while self._loaded and held + size_bytes > self.budget_bytes:
                held -= self._loaded.popitem(last=False)[1].size_bytes
                given_up += 1
        if given_up:
            gc.collect()  # layers and functions refer to each other


def _with_direction(network: "keras.Model") -> "keras.Model":
    import keras

    if not any(layer.name == _DIRECTION for layer in network.layers):
        return network
    direction = network.get_layer(_DIRECTION).output
    return keras.Model(network.inputs, [network.outputs[0], direction], name=network.name)


def _azimuth(chances: NDArray[np.float32]) -> float:
    """Degrees: the likeliest of equally spaced directions, moved toward its likelier neighbour."""
    best = int(chances.argmax())
    around = np.arange(best - 1, best + 2)
    weights = chances[around % len(chances)]
    place = float((around * weights).sum() / weights.sum())
    return place * 360 / len(chances) % 360
