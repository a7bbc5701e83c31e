"""The model that MLflow serves: pictures in, occupancies out. MLflow copies this file; it must not import img2vox.

Logged as code beside network.keras, so that nothing is ever unpickled; Keras starts with the first prediction.
"""

from typing import Any

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray


class PictureError(MlflowException):
    """What is wrong with the pictures, in one sentence: MLflow's server would write all of the data before it."""

    @property
    def message(self) -> str:
        """The sentence."""
        return self._sentence

    @message.setter
    def message(self, value: str) -> None:
        self._sentence: str = getattr(self, "_sentence", value)  # the first one stays


class Network(PythonModel):
    """A Keras network from pictures (N, H, W, 1) uint8 to occupancies (N, R, R, R, 1) float32 in [0, 1]."""

    def load_context(self, context: Any) -> None:
        """Remember where the network lies."""
        self._path = context.artifacts["network"]
        self._network: Any = None

    # MLflow reads the hint of model_input and accepts ndarray, not NDArray[...]; a server hands over lists nonetheless.
    def predict(
        self, context: Any, model_input: np.ndarray, params: dict[str, Any] | None = None
    ) -> NDArray[np.float32]:
        """Occupancies of pictures.

        Args:
            context: MLflow's; not needed.
            model_input: (N, H, W, 1) whole numbers from 0 to 255; an array, or lists as a server gets them.
            params: none are known.

        Returns:
            (N, R, R, R, 1) float32, cells indexed [x, y, z].

        Raises:
            PictureError: anything else.
        """
        if self._network is None:
            import keras

            # safe_mode: Keras refuses files that carry code.
            self._network = keras.saving.load_model(self._path, compile=False, safe_mode=True)
        pictures = _checked(model_input, self._network.input_shape)
        return np.asarray(self._network.predict_on_batch(pictures), dtype=np.float32)


def _checked(model_input: Any, expected: tuple[int | None, ...]) -> Any:
    wanted = f"({', '.join(['N', *(str(side) for side in expected[1:])])}) of whole numbers from 0 to 255, N at least 1"
    try:
        pictures = np.asarray(model_input)
    except ValueError as error:  # rows of different lengths
        raise PictureError.invalid_parameter_value(f"pictures of different shapes; expected {wanted}") from error
    if pictures.ndim != len(expected) or pictures.shape[1:] != expected[1:] or len(pictures) == 0:
        raise PictureError.invalid_parameter_value(f"pictures have shape {pictures.shape}; expected {wanted}")
    if pictures.dtype.kind not in "iu":
        raise PictureError.invalid_parameter_value(f"pictures are {pictures.dtype}; expected {wanted}")
    if pictures.min() < 0 or pictures.max() > 255:
        found = f"{pictures.min()} to {pictures.max()}"
        raise PictureError.invalid_parameter_value(f"pictures hold numbers from {found}; expected {wanted}")
    return pictures.astype(np.uint8)


set_model(Network())
