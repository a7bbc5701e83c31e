"""What a person does to the registry: promote a version, roll back to the champion before, throw old versions away."""

import logging
import shutil

from mlflow.exceptions import MlflowException

from img2vox.config import Params
from img2vox.errors import RegistryError
from img2vox.paths import JOINT, Paths
from img2vox.tracking.promotions import promotions_path, read_promotions, write_promotions
from img2vox.tracking.registry import (
    BEFORE_TAG,
    CHALLENGER,
    CHAMPION,
    GATE_TAG,
    Registered,
    alias_for,
    local_directory,
    point_aliases,
    read_registered,
    read_registry,
)
from img2vox.tracking.store import STORE_ERRORS, Store, first_line, open_store

_MIN_MD5_DIGITS = 6

log = logging.getLogger(__name__)


def promote(which: str, params: Params, paths: Paths) -> str:
    """Make a version champion and write it into promotions.csv, which every later `register` follows.

    Args:
        which: CATEGORY, for its challenger, or CATEGORY:VERSION, or CATEGORY:<first digits of its network_md5>.
        params: of the protocol whose champion it shall be.
        paths: of the protocol.

    Returns:
        A sentence that says what is champion now.

    Raises:
        RegistryError: no such category or version, or one of the other protocol.
    """
    slug, _, wanted = which.partition(":")
    _require_known(slug, params)
    store = open_store(paths.root, params.register.experiment)
    with store.locked():
        registered = _registered(store, slug)
        protocol = params.register.protocol
        number = _find(slug, registered, protocol, wanted)
        of = registered.versions[number].get("protocol")
        if of != protocol:
            raise RegistryError(f"{slug}: version {number} is of the {of} protocol, this is the {protocol} one")
        return _make_champion(store, slug, registered, number, protocol, paths)


def roll_back(slug: str, params: Params, paths: Paths) -> str:
    """Make the champion before the present one champion again, and write it into promotions.csv.

    Args:
        slug: the category.
        params: of the protocol whose champion is meant.
        paths: of the protocol.

    Returns:
        A sentence that says what is champion now.

    Raises:
        RegistryError: there was none before, or its version is gone.
    """
    _require_known(slug, params)
    protocol = params.register.protocol
    store = open_store(paths.root, params.register.experiment)
    with store.locked():
        registered = _registered(store, slug)
        present = registered.aliases.get(alias_for(protocol, CHAMPION), "")
        before = registered.versions.get(present, {}).get(BEFORE_TAG)
        if before is None:
            raise RegistryError(f"{slug}: no champion was there before version {present or 'none'}; use --promote")
        number = registered.version_of(before)
        if number is None:
            raise RegistryError(f"{slug}: the champion before, {before}, is gone from the registry; use --promote")
        return _make_champion(store, slug, registered, number, protocol, paths)


def _require_known(slug: str, params: Params) -> None:
    if slug != JOINT:
        params.synset(slug)


def prune(keep: int, params: Params, paths: Paths) -> str:
    """Throw old versions and their stored networks away; runs and their numbers stay.

    Never a version that has an alias, hence never the served one, nor one that promotions.csv names.

    Args:
        keep: newest versions of each registered model and protocol that stay besides.
        params: the experiment.
        paths: of the project.

    Returns:
        A sentence that says how many went.

    Raises:
        RegistryError: MLflow refused.
    """
    store = open_store(paths.root, params.register.experiment)
    by_hand = set(read_promotions(promotions_path(paths.root)).values())
    removed = kept = 0
    try:
        with store.locked():
            for name, registered in sorted(read_registry(store).items()):
                old = _removable(registered, keep, by_hand)
                for number in old:
                    _remove(store, name, number)
                removed, kept = removed + len(old), kept + len(registered.versions) - len(old)
    except STORE_ERRORS as error:
        raise RegistryError(f"{store.uri}: pruning stopped ({first_line(error)}); run it again") from error
    return f"{removed} versions removed, {kept} kept"


def _registered(store: Store, slug: str) -> Registered:
    try:
        return read_registered(store, f"img2vox-{slug}")
    except MlflowException as error:
        raise RegistryError(
            f"{store.uri}: no registered network of {slug} ({first_line(error)}); run `img2vox register`"
        ) from error


def _find(slug: str, registered: Registered, protocol: str, wanted: str) -> str:
    """Number of the version that was asked for."""
    if not wanted:
        number = registered.aliases.get(alias_for(protocol, CHALLENGER))
        if number is None:
            raise RegistryError(f"{slug}: has no challenger; name a version: {_known(slug, registered)}")
        return number
    if wanted in registered.versions:
        return wanted
    found = [number for number in registered.versions if registered.md5_of(number).startswith(wanted.lower())]
    if len(wanted) < _MIN_MD5_DIGITS or len(found) != 1:
        raise RegistryError(f"{slug}: no single version {wanted!r}; there are {_known(slug, registered)}")
    return found[0]


def _known(slug: str, registered: Registered) -> str:
    numbers = sorted(registered.versions, key=int)
    return ", ".join(f"{slug}:{number} ({registered.md5_of(number)[:8]})" for number in numbers) or "none"


def _make_champion(store: Store, slug: str, registered: Registered, number: str, protocol: str, paths: Paths) -> str:
    name, md5 = f"img2vox-{slug}", registered.md5_of(number)
    path = promotions_path(paths.root)
    # The file first: when MLflow fails after it, the next `register` does what it says.
    write_promotions(path, {**read_promotions(path), (slug, protocol): md5})
    champion, challenger = alias_for(protocol, CHAMPION), alias_for(protocol, CHALLENGER)
    choice: dict[str, str | None] = {champion: number}
    if registered.aliases.get(challenger) == number:
        choice[challenger] = None
    try:
        store.client.set_model_version_tag(name, number, GATE_TAG, "champion by hand, promotions.csv")
        point_aliases(store, name, registered, choice)
    except STORE_ERRORS as error:
        raise RegistryError(f"{store.uri}: {first_line(error)}; `img2vox register` follows {path}") from error
    log.info("%s: commit it, so that others follow", path)
    return f"{name}: version {number} ({md5[:8]}) is {champion}"


def _removable(registered: Registered, keep: int, by_hand: set[str]) -> list[str]:
    held = {*registered.aliases.values(), *(n for n in registered.versions if registered.md5_of(n) in by_hand)}
    newest = sorted(registered.versions, key=int, reverse=True)
    for protocol in {tags.get("protocol") for tags in registered.versions.values()}:
        held |= set([n for n in newest if registered.versions[n].get("protocol") == protocol][:keep])
    return sorted(registered.versions.keys() - held, key=int)


def _remove(store: Store, name: str, number: str) -> None:
    version = store.client.get_model_version(name, number)
    store.client.delete_model_version(name, number)
    if version.model_id:
        store.client.delete_logged_model(version.model_id)
    directory = local_directory(version.source or "")
    if directory is not None:  # MLflow keeps the files of what it deletes
        shutil.rmtree(directory, ignore_errors=True)
