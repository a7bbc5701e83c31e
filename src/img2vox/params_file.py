"""A file of parameters as nested dataclasses: how params.yaml is read, and nothing else.

Where YAML is silent it refuses: a key that is unknown, missing or written twice, a value of another type than its
field's, a synset that is not quoted.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from img2vox.errors import ParamsError

PARAMS_FILE = "params.yaml"
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")

_Params = TypeVar("_Params")


def read(path: Path, cls: type[_Params]) -> _Params:
    """A file of parameters.

    Args:
        path: of the file.
        cls: a dataclass whose fields are its sections; they are dataclasses, numbers, texts, tuples or mappings.

    Raises:
        ParamsError: the file is missing or no YAML, a key is missing, unknown or written twice, or a value has another
            type than its field; one line that names the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ParamsError(f"{path}: not found; run img2vox from the directory that holds {PARAMS_FILE}") from error
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not UTF-8 text: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ParamsError(f"{path}: holds no sections; expected {', '.join(_field_names(cls))}")
    _refuse_repeated_keys(root, "")
    _check_categories(root, values.get("categories"))
    return typing.cast(_Params, _build(cls, values, ""))


def _field_names(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]


def _refuse_repeated_keys(node: yaml.Node, prefix: str) -> None:
    """YAML keeps the last of two equal keys silently; here that is an error."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = prefix + str(key.value)
        if name in seen:
            raise ParamsError(f"{PARAMS_FILE}: {name} is written twice (line {key.start_mark.line + 1}); keep one")
        seen.add(name)
        _refuse_repeated_keys(value, name + ".")


def _check_categories(root: yaml.MappingNode, categories: object) -> None:
    """Synsets are quoted strings: YAML 1.1 reads chair's as octal 787351, YAML 1.2 (DVC) drops leading zeros."""
    node = next((value for key, value in root.value if key.value == "categories"), None)
    if node is None:
        return  # reported as a missing key
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise ParamsError(f'{PARAMS_FILE}: categories is {categories!r}; expected lines such as chair: "03001627"')
    for key, value in node.value:
        name = f"categories.{key.value}"
        if not SLUG.fullmatch(str(key.value)):
            raise ParamsError(f"{PARAMS_FILE}: {name}: use lower-case letters, digits, _ and - for a category's name")
        if not isinstance(value, yaml.ScalarNode) or value.style not in ("'", '"'):
            raise ParamsError(f'{PARAMS_FILE}: {name} is not quoted; write {key.value}: "{value.value}"')
        if not SLUG.fullmatch(value.value):
            raise ParamsError(f'{PARAMS_FILE}: {name} is {value.value!r}; expected a synset such as "03001627"')
    synsets = [value.value for _, value in node.value]
    twice = sorted({synset for synset in synsets if synsets.count(synset) > 1})
    if twice:
        raise ParamsError(f"{PARAMS_FILE}: categories: two categories have the synset {twice[0]}; keep one")


def _build(cls: type, values: object, prefix: str) -> object:
    """A dataclass from a mapping, every key checked."""
    if not isinstance(values, dict):
        raise ParamsError(f"{PARAMS_FILE}: {prefix.rstrip('.')} is {values!r}; expected {', '.join(_field_names(cls))}")
    expected = _field_names(cls)
    for key in values:
        if key not in expected:
            raise ParamsError(f"{PARAMS_FILE}: unknown key {prefix}{key}; known here: {', '.join(expected)}")
    hints = typing.get_type_hints(cls)
    arguments: dict[str, Any] = {}
    for key in expected:
        if key not in values:
            raise ParamsError(f"{PARAMS_FILE}: {prefix}{key} is missing; it has no default")
        arguments[key] = _convert(hints[key], values[key], prefix + key)
    return cls(**arguments)


def _convert(hint: Any, value: object, key: str) -> object:
    """One value as its field's type; bool is no int here, and an int is a float where one is meant."""
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value, key + ".")
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        wanted, name = ((str,), "words") if inner is str else ((int, float), "numbers")
        if isinstance(value, list) and all(isinstance(item, wanted) for item in value):
            return tuple(inner(item) for item in value)
        raise ParamsError(f"{PARAMS_FILE}: {key} is {value!r}; expected a list of {name}")
    if typing.get_origin(hint) is Mapping:
        return types.MappingProxyType(typing.cast(dict[str, str], value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if hint is float and is_number:
        return float(typing.cast(float, value))
    if type(value) is hint:
        return value
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    raise ParamsError(f"{PARAMS_FILE}: {key} is {value!r}; expected {names.get(hint, hint)}")
