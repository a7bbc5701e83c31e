"""Registered networks: one version for each network_md5, aliases that name the one to use."""

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.entities import LoggedModelOutput
from mlflow.exceptions import MlflowException

from img2vox.errors import RegistryError
from img2vox.tracking.card import model_card
from img2vox.tracking.entry import Entry
from img2vox.tracking.gate import Gate, Measured, Verdict, grids_of, judge, test_ious
from img2vox.tracking.package import no_progress_bar, packaged
from img2vox.tracking.runs import Pipeline
from img2vox.tracking.store import Store

CHAMPION, CHALLENGER = "champion", "challenger"
GATE_TAG = "gate"  # the verdict in words
GATE_KEY_TAG = "img2vox.gate_key"
GRIDS_TAG = "grids"
BEFORE_TAG = "champion_before"
_PAGE = 1000

log = logging.getLogger(__name__)


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

    def md5_of(self, number: str) -> str:
        """The weights of a version."""
        return self.versions[number].get("network_md5", "")


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


def alias_for(protocol: str, name: str) -> str:
    """An alias of a protocol: champion, challenger, residual, low, high; the paper's have "paper-" before them."""
    return name if protocol == "standard" else f"{protocol}-{name}"


def is_settled(entry: Entry, registered: Registered, gate: Gate) -> bool:
    """Whether an entry's network is registered and judged by these rules, and the aliases stand as they should."""
    number = registered.version_of(entry.network_md5)
    if number is None:
        return False
    choice = _choose(entry, registered, number, gate)
    return choice is not None and all(registered.aliases.get(name) == aim for name, aim in choice.items())


def register_network(store: Store, entry: Entry, run_id: str, pipeline: Pipeline, gate: Gate) -> None:
    """Register one network if its weights are not registered yet, judge it, and point its aliases.

    Call it under the store's lock. A version that a kill left without aliases gets them here.

    Args:
        store: open.
        entry: whose network.
        run_id: of the category's run.
        pipeline: what it came from.
        gate: what it takes to become champion.
    """
    _create_registered_model(store, entry)
    registered = read_registered(store, entry.model_name)
    number = registered.version_of(entry.network_md5)
    if number is None:
        tags = {**_tags(entry), GRIDS_TAG: grids_of(entry, pipeline.params)}
        number = _new_version(store, entry, run_id, tags)
        registered.versions[number] = tags
    choice = _choose(entry, registered, number, gate)
    if choice is None:
        choice = _judged(store, entry, registered, number, pipeline, gate)
    elif (entry.slug, entry.protocol) in gate.by_hand:
        chosen = gate.by_hand[entry.slug, entry.protocol]
        _say_by_hand(store, entry, registered, number, chosen)
    point_aliases(store, entry.model_name, registered, choice)


def point_aliases(store: Store, name: str, registered: Registered, choice: Mapping[str, str | None]) -> None:
    """Point aliases of a registered model at versions, or remove them; a new champion remembers the one before it.

    Args:
        store: open.
        name: of the registered model.
        registered: how it stands.
        choice: alias -> number, or None for no such alias.
    """
    for alias, number in choice.items():
        before = registered.aliases.get(alias)
        if before == number:
            continue
        if number is None:
            store.client.delete_registered_model_alias(name, alias)
            continue
        if alias.endswith(CHAMPION) and before in registered.versions:
            _remember(store, name, registered, before, number)
        store.client.set_registered_model_alias(name, alias, number)


def _remember(store: Store, name: str, registered: Registered, before: str, number: str) -> None:
    """Tag a champion with the one whose place it takes; one that comes back does not forget its own predecessor."""
    old, new = registered.versions[before], registered.versions[number]
    if old.get(BEFORE_TAG) != new["network_md5"]:
        store.client.set_model_version_tag(name, number, BEFORE_TAG, old["network_md5"])


def _choose(entry: Entry, registered: Registered, number: str, gate: Gate) -> dict[str, str | None] | None:
    """Where the aliases of an entry's protocol belong; None where the gate has to judge first."""
    champion = alias_for(entry.protocol, CHAMPION)
    by_hand = registered.version_of(gate.by_hand.get((entry.slug, entry.protocol), ""))
    present = registered.aliases.get(champion)
    if by_hand is not None:
        aim = by_hand
    elif present == number or present not in registered.versions:
        aim = number
    elif registered.versions[number].get(GATE_KEY_TAG) == gate.key(registered.md5_of(present)):
        aim = present
    else:
        return None
    return _aliases(entry, number, aim)


def _aliases(entry: Entry, number: str, champion: str) -> dict[str, str | None]:
    return {
        alias_for(entry.protocol, entry.kind): number,
        alias_for(entry.protocol, CHAMPION): champion,
        # A network that lost to an earlier champion has nothing to say about this one.
        alias_for(entry.protocol, CHALLENGER): None if champion == number else number,
    }


def _judged(
    store: Store, entry: Entry, registered: Registered, number: str, pipeline: Pipeline, gate: Gate
) -> dict[str, str | None]:
    """Compare an entry's network with the champion, tag it with the verdict, and say where the aliases belong."""
    champion = registered.aliases[alias_for(entry.protocol, CHAMPION)]
    new = Measured(grids_of(entry, pipeline.params), test_ious(entry.instances))
    present = _measured(store, entry.model_name, champion)
    md5 = registered.md5_of(champion)
    if present is None:
        verdict = Verdict(False, f"the numbers of the champion's test objects are gone from its run ({md5[:8]})")
    else:
        verdict = judge(entry.slug, new, present, gate)
    text = f"{'won' if verdict.wins else 'lost'} against {md5[:8]}: {verdict.reason}"
    store.client.set_model_version_tag(entry.model_name, number, GATE_TAG, text)
    log.info("%s: %s", entry.slug, text)
    if verdict.wins:  # its alias says so; after a kill the gate judges again
        return _aliases(entry, number, number)
    store.client.set_model_version_tag(entry.model_name, number, GATE_KEY_TAG, gate.key(md5))
    return _aliases(entry, number, champion)


def _say_by_hand(store: Store, entry: Entry, registered: Registered, number: str, chosen: str) -> None:
    """Tag an entry's version where promotions.csv decided, and say so where the chosen one is not there."""
    if registered.version_of(chosen) is None:
        log.warning(
            "%s: promotions.csv names %s, which this registry does not have; check out the commit that trained it, "
            "then `dvc pull` and `img2vox register`",
            entry.slug,
            chosen,
        )
    elif chosen != entry.network_md5:
        text = f"lost against {chosen[:8]}: champion by hand, promotions.csv"
        store.client.set_model_version_tag(entry.model_name, number, GATE_TAG, text)


def _measured(store: Store, name: str, number: str) -> Measured | None:
    """The test results of a version, from the artifacts of its run; None where they are gone."""
    version = store.client.get_model_version(name, number)
    with tempfile.TemporaryDirectory() as scratch, no_progress_bar():
        try:
            path = Path(store.client.download_artifacts(str(version.run_id), "instances.csv", scratch))
            return Measured(version.tags.get(GRIDS_TAG, ""), test_ious(path))
        except (MlflowException, OSError, RegistryError):
            return None


def read_registered(store: Store, name: str) -> Registered:
    """One registered model.

    Raises:
        MlflowException: there is none of this name.
    """
    model = store.client.get_registered_model(name)
    versions = store.client.search_model_versions(f"name = '{name}'", _PAGE)
    return Registered(
        {str(version.version): version.tags for version in versions},
        {alias: str(number) for alias, number in model.aliases.items()},
    )


def _new_version(store: Store, entry: Entry, run_id: str, tags: dict[str, str]) -> str:
    client = store.client
    logged = client.create_logged_model(store.experiment_id, entry.slug, run_id, tags, model_type="img2vox")
    location = local_directory(logged.artifact_location)
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
        description=model_card(entry, alias_for(entry.protocol, entry.kind)),
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


def local_directory(location: str) -> Path | None:
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
