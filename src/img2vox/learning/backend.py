"""Threads, determinism and device: once a process, before the first network."""

import ctypes
import os
import platform

import keras

from img2vox.errors import NetworkError

# Of mallopt(3): glibc's names of what it hands back to the system, and from which size on it asks the system anew.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def prepare_backend(threads: int, seed: int) -> str:
    """Set up Keras's backend so that one seed gives one result on one machine, bit for bit.

    The number of threads is fixed by the caller because it changes the last bits of the weights. A GPU is used when
    there is one, its memory taken as needed so that several trainings can share it, and networks built afterwards
    compute in mixed bfloat16 with float32 weights. Other backends choose threads and precision themselves; JAX too
    takes a GPU's memory only as needed.

    Args:
        threads: of one operation on the CPU; operations run one after the other.
        seed: of Python's, NumPy's and Keras's global generators.

    Returns:
        One line for the log, such as "tensorflow 2.21.0 on the CPU, 2 threads, oneDNN".

    Raises:
        NetworkError: TensorFlow runs already, with another number of threads.
    """
    backend = keras.backend.backend()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # read when JAX first looks for a device
    keras.utils.set_random_seed(seed)
    if backend != "tensorflow":
        where = f" ({', '.join(keras.distribution.list_devices())})" if backend == "jax" else ""
        return f"Keras {keras.__version__} on {backend}{where}; threads and precision are as {backend} chooses"
    _keep_freed_memory()
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        # Two operations at once would add in an order that nobody fixes.
        tf.config.threading.set_inter_op_parallelism_threads(1)
        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError as error:
        raise NetworkError(f"TensorFlow runs already ({error}); call prepare_backend first in the process") from error
    tf.config.experimental.enable_op_determinism()
    if not gpus:
        kernels = ", oneDNN" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1" else ""
        return f"tensorflow {tf.__version__} on the CPU, {threads} threads{kernels}"
    keras.config.set_dtype_policy("mixed_bfloat16")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    return f"tensorflow {tf.__version__} on the GPU {names[0]} ({len(gpus)} there), mixed bfloat16"


def uses_xla() -> bool:
    """Whether a training step is compiled by XLA: for JAX, which otherwise dispatches one operation after the other.

    TensorFlow's own graphs need it not: on a CPU it made training ten times slower, and with deterministic operations
    Keras leaves it off on a GPU too.
    """
    return bool(keras.backend.backend() == "jax")


def _keep_freed_memory() -> None:
    """Let glibc reuse the buffers that each step frees; fetched anew, their pages take a fifth of a training's time.

    Blocks of a gigabyte or more, which the paper's large network has, still go back at once.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
