"""Registered networks: one version for each network_md5, aliases that name the one to use."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import LoggedModelOutput
from mlflow.exceptions import MlflowException

from img2vox.tracking.card import model_card
from img2vox.tracking.entry import Entry
from img2vox.tracking.package import packaged
from img2vox.tracking.store import Store

CHAMPION = "champion"
_PAGE = 1000


@dataclass
class Registered:
    """What the registry holds of one model name.

    Attributes:
        versions: tags of each version, by its number.
        aliases: alias -> number.
    """

    versions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def version_of(self, network_md5: str) -> str | None:
        """Number of the version that holds these weights; the newest, should there be several."""
        numbers = [int(number) for number, tags in self.versions.items() if tags.get("network_md5") == network_md5]
        return str(max(numbers)) if numbers else None


def read_registry(store: Store) -> dict[str, Registered]:
    """All of img2vox's registered models by name, in a few requests."""
    found: dict[str, Registered] = {}
    token = None
    while True:
        models = store.client.search_registered_models("name LIKE 'img2vox-%'", _PAGE, page_token=token)
        for model in models:
            found[model.name] = Registered(aliases={key: str(number) for key, number in model.aliases.items()})
        token = models.token
        if not token:
            break
    while True:
        versions = store.client.search_model_versions("name LIKE 'img2vox-%'", _PAGE, page_token=token)
        for version in versions:
            found.setdefault(version.name, Registered()).versions[str(version.version)] = version.tags
        token = versions.token
        if not token:
            return found


def missing_aliases(entry: Entry, registered: Registered) -> list[str]:
    """Aliases that shall point at an entry's version and do not: none when it is registered as it should be."""
    number = registered.version_of(entry.network_md5)
    wanted = [entry.kind, *([CHAMPION] if _becomes_champion(entry, registered) else [])]
    return [alias for alias in wanted if number is None or registered.aliases.get(alias) != number]


def register_network(store: Store, entry: Entry, run_id: str) -> None:
    """Register one network if its weights are not registered yet, and point its aliases at it.

    Call it under the store's lock. A version that a kill left without aliases gets them here.

    Args:
        store: open.
        entry: whose network.
        run_id: of the category's run.
    """
    _create_registered_model(store, entry)
    model = store.client.get_registered_model(entry.model_name)
    versions = store.client.search_model_versions(f"name = '{entry.model_name}'", _PAGE)
    registered = Registered(
        {str(version.version): version.tags for version in versions},
        {alias: str(number) for alias, number in model.aliases.items()},
    )
    aliases = missing_aliases(entry, registered)
    number = registered.version_of(entry.network_md5) or _new_version(store, entry, run_id)
    for alias in aliases:
        store.client.set_registered_model_alias(entry.model_name, alias, number)


def _becomes_champion(entry: Entry, registered: Registered) -> bool:
    """Whether an entry's network is the one that is served by default: this revision's, of the standard protocol.

    The place for a gate that compares it with the present champion. The paper's protocol has other grids and never
    takes the place of the standard one.
    """
    present = registered.versions.get(registered.aliases.get(CHAMPION, ""))
    return present is None or entry.protocol == "standard" or present.get("protocol") == entry.protocol


def _new_version(store: Store, entry: Entry, run_id: str) -> str:
    client = store.client
    tags = _tags(entry)
    logged = client.create_logged_model(store.experiment_id, entry.slug, run_id, tags, model_type="img2vox")
    location = _local_directory(logged.artifact_location)
    beside = location.parent if location else entry.network.parent
    beside.mkdir(parents=True, exist_ok=True)
    with packaged(entry, logged.model_id, run_id, beside) as directory:
        if location:
            os.replace(directory, location)  # copying would take room and time for each network a second time
        else:
            client.log_model_artifacts(logged.model_id, str(directory))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    made = client.create_model_version(
        entry.model_name,
        logged.artifact_location,  # of models:/<id> MLflow would ask its global store
        run_id=run_id,
        tags=tags,
        description=model_card(entry, entry.kind),
        await_creation_for=0,  # a local registry is done when it answers
        model_id=logged.model_id,
    )
    return str(made.version)


def _tags(entry: Entry) -> dict[str, str]:
    return {
        "network_md5": entry.network_md5,
        "network": entry.kind,
        "convention": str(entry.metrics["convention"]),
        "protocol": entry.protocol,
        "category": entry.label,
        "slug": entry.slug,
        "synset": entry.synset,
        "threshold": str(entry.metrics["threshold"]),
    }


def _create_registered_model(store: Store, entry: Entry) -> None:
    description = f"One gray picture of a {entry.label} to a voxel grid; `{CHAMPION}` is served by default."
    try:
        store.client.create_registered_model(entry.model_name, {"slug": entry.slug}, description)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _local_directory(location: str) -> Path | None:
    """The directory of a file: URI, None for any other place."""
    parts = urlsplit(location)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def registered_facts(entries: Sequence[Entry]) -> dict[str, dict[str, str]]:
    """What the receipt says of each category: nothing that another store would say differently."""
    return {
        entry.slug: {
            "model": entry.model_name,
            "network": entry.kind,
            "network_md5": entry.network_md5,
            "run": entry.key,
        }
        for entry in entries
    }
