"""Network <-> file. Equal weights give equal bytes, and what is loaded may run no code of its own.

A .keras file is a zip of config.json, metadata.json and model.weights.h5. Keras itself writes the date, the zip's
times, addresses in memory (`shared_object_id`) and the optimizer into it; here none of them.
"""

import hashlib
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import keras
import numpy as np

from img2vox.errors import NetworkError
from img2vox.files import written_whole
from img2vox.learning.networks import sizes_of

_METADATA, _CONFIG, _WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_FIXED_DATE = "1980-01-01@00:00:00"

# What Keras, h5py and zipfile were seen to raise for damaged and for hostile files.
_LOAD_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
    RuntimeError,
    RecursionError,
    MemoryError,
    zipfile.BadZipFile,
)


def round_to_half(network: keras.Model) -> None:
    """Round the weights to float16, so that a file of half the size holds exactly them."""
    network.set_weights([weight.astype(np.float16).astype(weight.dtype) for weight in network.get_weights()])


def save_network(network: keras.Model, path: Path, half: bool = False) -> None:
    """Write a network whole or not at all: its layers and inference weights, no optimizer, no state of dropout.

    Args:
        network: compiled or not; one trained in mixed precision is written as the float32 network that it stands for.
        path: ends with .keras; equal weights and layers give equal bytes with one version of Keras.
        half: write float16; loaded, it is a float32 network again. See round_to_half.
    """
    # The same layers and weights without the optimizer; nothing is copied.
    bare = keras.Model(network.inputs, network.outputs, name=network.name)
    config = _with_numbered_operations(_canonical(keras.saving.serialize_keras_object(bare)))
    metadata = {"keras_version": keras.__version__, "date_saved": _FIXED_DATE}
    with written_whole(path) as aside, TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        weights = Path(scratch) / _WEIGHTS
        bare.save_weights(weights)
        _clear_seeds(weights)
        if half:
            _halve(weights)
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_member(_METADATA), json.dumps(metadata, sort_keys=True))
            archive.writestr(_member(_CONFIG), json.dumps(config, sort_keys=True))
            with weights.open("rb") as source, archive.open(_member(_WEIGHTS), "w", force_zip64=True) as target:
                while block := source.read(1 << 20):
                    target.write(block)


def load_network(path: Path) -> keras.Model:
    """Read a network, uncompiled.

    Raises:
        NetworkError: the file is missing, damaged, no network from one picture to one grid, or it wants to run code.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            missing = {_METADATA, _CONFIG, _WEIGHTS} - set(archive.namelist())
            broken = archive.testzip()
        if missing or broken:
            what = f"no {min(missing)} in it" if missing else f"{broken} is damaged"
            raise NetworkError(f"{path}: {what}; expected a .keras file of img2vox; write it anew")
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except _LOAD_ERRORS as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise NetworkError(f"{path}: cannot be loaded as a network ({reason}); write it anew") from error
    try:
        sizes_of(network)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error
    return network


def network_md5(network: keras.Model) -> str:
    """Hash of a network's weights in order: path, shape, dtype and bytes of each; ties a file to its MLflow run."""
    digest = hashlib.md5(usedforsecurity=False)
    for layer in network.layers:
        for index, weight in enumerate(layer.weights):
            array = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            digest.update(f"{layer.name}/{index} {array.shape} {array.dtype.name}\n".encode())
            digest.update(array.data)
    return digest.hexdigest()


def _canonical(config: Any) -> Any:
    """A serialized object without what differs between two equal ones: memory addresses and mixed precision."""
    if isinstance(config, list | tuple):
        return [_canonical(item) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**_without_address(config), "config": {"name": "float32"}}
    if config.get("class_name") == "__keras_tensor__" and config["config"]["dtype"] in ("bfloat16", "float16"):
        return {**config, "config": {**config["config"], "dtype": "float32"}}
    return {key: _canonical(value) for key, value in _without_address(config).items()}


def _with_numbered_operations(config: Any) -> Any:
    """A serialized network whose operations, such as ops.take, are numbered from 0 in each graph.

    Layers have names of ours; an operation takes one that counts all operations of the process so far.
    """
    if isinstance(config, list):
        return [_with_numbered_operations(item) for item in config]
    if not isinstance(config, dict):
        return config
    layers = config.get("layers") if isinstance(config.get("input_layers"), list) else None
    if layers is None:
        return {key: _with_numbered_operations(value) for key, value in config.items()}
    operations = [layer["name"] for layer in layers if layer["module"].startswith("keras.src.ops")]
    names = {name: f"operation_{number}" for number, name in enumerate(operations)}

    def rename(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: rename(value) for key, value in item.items()}
        if isinstance(item, list):
            return [rename(value) for value in item]
        return names.get(item, item) if isinstance(item, str) else item

    return {key: _with_numbered_operations(value) for key, value in rename(config).items()}


def _without_address(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "shared_object_id"}


def _clear_seeds(weights: Path) -> None:
    """Set the state of dropout's generators to zero: it says how often they were used, and inference has no dropout."""
    with h5py.File(weights, "r+") as file:

        def clear(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset) and "seed_generator" in name.split("/"):
                item[...] = 0

        file.visititems(clear)


def _halve(weights: Path) -> None:
    """Store every float32 array as float16, in a new file: HDF5 gives no room back."""
    aside = weights.with_name("half.h5")
    with h5py.File(weights) as source, h5py.File(aside, "w") as target:

        def copy(name: str, item: h5py.Dataset | h5py.Group) -> None:
            if isinstance(item, h5py.Dataset):
                data = item[()].astype(np.float16) if item.dtype == np.float32 else item[()]
                made: h5py.Dataset | h5py.Group = target.create_dataset(name, data=data)
            else:
                made = target.require_group(name)
            for key, value in item.attrs.items():
                made.attrs[key] = value

        source.visititems(copy)
        for key, value in source.attrs.items():
            target.attrs[key] = value
    aside.replace(weights)


def _member(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, date_time=_FIXED_TIME)
