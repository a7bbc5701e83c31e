"""ShapeNetCore from Hugging Face: a gated data set that holds one zip archive a synset.

Whoever wants it asks ShapeNet for access there and fetches with a token of their own, which huggingface_hub finds in
HF_TOKEN or where `hf auth login` left it; HF_ENDPOINT names another hub. Archives come one by one; each is taken apart
into data/raw and removed, so that no more than one lies on the disk beside what it became. An interrupted fetch goes
on with the archive that it was at.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

from img2vox.errors import SourceError
from img2vox.files import ArchiveWriter
from img2vox.sources.shapenet import MESHES, choose, copy_zip, list_zip
from img2vox.sources.source import SourceFile, Stamp, examples, stamp_of


@dataclass
class Hub:
    """A data set on a hub.

    Attributes:
        repo: its owner and name.
        downloads: a directory for the archive that is being fetched; removed when done.
        textures: whether pictures of surfaces are taken too.
        endpoint: address of the hub; None: HF_ENDPOINT, or Hugging Face.
    """

    repo: str
    downloads: Path
    textures: bool = False
    endpoint: str | None = None
    _archives: dict[str, SourceFile] = field(default_factory=dict)
    _revision: str = ""

    def stamps(self, categories: Mapping[str, str]) -> dict[str, Stamp]:
        """See Source; nothing is downloaded, and a hub lists a gated data set to everybody."""
        with self._explained():
            self._revision = self._api.repo_info(self.repo, repo_type="dataset").sha
            listed = self._api.list_repo_tree(self.repo, repo_type="dataset", revision=self._revision, recursive=True)
            files = [item for item in listed if hasattr(item, "size")]  # the others are folders
        for item in sorted(files, key=lambda item: (item.path.count("/"), item.path), reverse=True):
            path = PurePosixPath(item.path)
            if path.suffix == ".zip":
                mark = item.lfs.sha256 if item.lfs else item.blob_id
                self._archives[path.stem] = SourceFile(item.path, item.size, mark)
        missing = {slug: synset for slug, synset in categories.items() if synset not in self._archives}
        if missing:
            raise SourceError(
                f"{self.repo}: has no archive of {len(missing)} categories that params.yaml lists "
                f"({examples(f'{synset}.zip' for synset in missing.values())}): take {examples(missing)} out"
            )
        treatment = f"{self.textures}"
        return {synset: stamp_of([self._archives[synset]], treatment) for synset in categories.values()}

    def write(self, slug: str, synset: str, archive: ArchiveWriter) -> list[str]:
        """See Source."""
        listed = self._archives[synset]
        with self._explained():
            self._api.auth_check(self.repo, repo_type="dataset")
            path = Path(
                self._api.hf_hub_download(
                    self.repo, listed.name, repo_type="dataset", revision=self._revision, local_dir=self.downloads
                )
            )
        # What is damaged must be downloaded again, and what is done with is not needed any more.
        try:
            files, notes = choose(list_zip(path), synset, self.textures)
            if not files:
                raise SourceError(
                    f"{self.repo}: {listed.name} holds no object of {slug}; expected "
                    f"{synset}/<model_id>/{MESHES[0]} or {synset}/<model_id>/{MESHES[1]}"
                )
            copy_zip(path, files, archive)
        except SourceError:
            shutil.rmtree(self.downloads, ignore_errors=True)
            raise
        shutil.rmtree(self.downloads, ignore_errors=True)
        return notes

    @property
    def _api(self) -> Any:
        from huggingface_hub import HfApi  # imported here: it takes half a second

        return HfApi(endpoint=self.endpoint, library_name="img2vox")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the hub refuses into a sentence that says what to do."""
        from huggingface_hub import get_token
        from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

        # Of the HTTP library underneath, and of the operating system.
        unreachable = cast("tuple[type[Exception], ...]", HfHubHTTPError.__bases__)
        address = self._api.endpoint
        ask = f"ask for access at {address}/datasets/{self.repo}"
        tokens = f"a token at {address}/settings/tokens"
        try:
            yield
        except RepositoryNotFoundError as error:  # a gated one is a kind of it
            if get_token() is None:
                raise SourceError(
                    f"{self.repo}: is not open to everybody, and no token is set; {ask}, make {tokens}, then set "
                    "HF_TOKEN or run `hf auth login`"
                ) from error
            if isinstance(error, GatedRepoError):
                raise SourceError(
                    f"{self.repo}: your token's account has no access to it, or not yet; {ask}, wait until it is "
                    "granted, and let a fine-grained token read gated repositories"
                ) from error
            raise SourceError(f"{self.repo}: no such data set at {address}; check data.huggingface_repo") from error
        except unreachable as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            if status in (401, 403):
                raise SourceError(
                    f"{self.repo}: your token was refused ({status}; expired, revoked or mistyped?); make {tokens} "
                    f"and set HF_TOKEN; if it is a new account, {ask}"
                ) from error
            reason = " ".join(str(error).split()) or type(error).__name__
            raise SourceError(f"{self.repo}: {address} cannot be used ({reason[:200]}); try again later") from error
