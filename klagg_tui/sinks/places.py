"""Where the files of a dataset are: in a folder of this machine, or in a bucket of S3 or Google Cloud Storage.

A file is there whole or not at all. Every method may raise `SinkError`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

from klagg_tui.errors import SinkError
from klagg_tui.extras import missing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, GCSStore, RetryConfig, S3Config, S3Store

OWN: Final = "_klagg"
"""Folder of what is klagg's own: readers leave alone what begins so."""
SCHEMES: Final = ("s3", "gs", "file")
_ANSWER_S: Final = 30
_CONNECT_S: Final = 10
_AGAIN: Final = 2
_LEFT_S: Final = 3600
"""Nobody takes so long for a file."""
_SILENT: Final = ("error sending request", "timed out", "timeout")
_REFUSED: Final = {"PermissionDeniedError", "UnauthenticatedError"}
_PART: Final = ".part"
"""Behind the name of a file that is not whole yet."""


class Place(Protocol):
    """Files by name, folders in it parted by `/`."""

    name: str
    """Its address, without anything secret."""

    async def prepare(self) -> None:
        """Have it there, and clear away what a crash has left of an earlier run."""
        ...

    async def get(self, name: str) -> bytes | None:
        """The file's bytes; None where there is none."""
        ...

    async def put(self, name: str, data: bytes) -> None:
        """Have it there with these bytes, for good, in place of the one before."""
        ...

    async def delete(self, name: str) -> None:
        """Have it there no more."""
        ...

    async def names(self, folder: str = "") -> list[str]:
        """All files in a folder and those in it."""
        ...


def place_of(address: str) -> Place:
    """What an address means: `file:///FOLDER`, `s3://BUCKET/FOLDER`, `gs://BUCKET/FOLDER`.

    Raises:
        SinkError: it means nothing, or what it needs is not installed.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            raise SinkError("A folder for a dataset is named from the root on, with three strokes: file:///srv/bars.")
        return FolderPlace(Path(unquote(parts.path)))
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise SinkError("A dataset goes to an address like s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER.")
    return BucketPlace(address)


class FolderPlace:
    """A folder. What is written lies under another name, in the one that is klagg's own, until it is whole and on the disk."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.as_uri()
        self._folder = folder
        self._own = folder / OWN

    async def prepare(self) -> None:
        """See `Place`; the folder in which it is made is not: a disk that is not there stays empty."""
        with _told(self.name):
            self._folder.mkdir(exist_ok=True)
            self._own.mkdir(exist_ok=True)
            for part in self._own.glob(f"*{_PART}"):
                # Another klagg may be writing one just now.
                if time.time() - part.stat().st_mtime > _LEFT_S:
                    part.unlink(missing_ok=True)

    async def get(self, name: str) -> bytes | None:
        """See `Place`."""
        with _told(self.name):
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                return None

    async def put(self, name: str, data: bytes) -> None:
        """See `Place`."""
        path, part = self._folder / name, self._own / f"{os.getpid()}-{id(self):x}{_PART}"
        with _told(self.name):
            _make(path.parent)
            try:
                with part.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            _sync(path.parent)

    async def delete(self, name: str) -> None:
        """See `Place`; folders that are empty then go with it."""
        path = self._folder / name
        with _told(self.name):
            path.unlink(missing_ok=True)
            with suppress(OSError):
                for folder in path.relative_to(self._folder).parents[:-1]:
                    (self._folder / folder).rmdir()

    async def names(self, folder: str = "") -> list[str]:
        """See `Place`."""
        with _told(self.name):
            found = (Path(root) / file for root, _, files in os.walk(self._folder / folder) for file in files)
            return [path.relative_to(self._folder).as_posix() for path in found]


class BucketPlace:
    """A folder of a bucket, by obstore. Needs the extra `dataset`.

    Keys and regions are found where the clouds' own programs find them: in the environment, and on a machine of theirs by themselves.
    """

    def __init__(self, address: str) -> None:
        """`address`: `s3://BUCKET/FOLDER?endpoint=http://HOST:PORT&region=NAME`, or `gs://BUCKET/FOLDER`.

        Raises:
            SinkError: obstore is not installed, or there is no such option.
        """
        try:
            from obstore.store import GCSStore, S3Store
        except ImportError as error:
            raise SinkError(missing("A dataset in a bucket", "obstore", "dataset")) from error
        parts = urlsplit(address)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := options.keys() - ({"endpoint", "region"} if parts.scheme == "s3" else set()):
            raise SinkError(f"The address of a bucket takes endpoint and region, and of S3 only, not {min(unknown)}.")
        host = parts.netloc.rpartition("@")[2]
        bare = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        endpoint = options.get("endpoint")
        self.name = f"{bare}?endpoint={endpoint}" if endpoint else bare
        with _told(self.name):
            client: ClientConfig = {
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "timeout": timedelta(seconds=_ANSWER_S),
                "connect_timeout": timedelta(seconds=_CONNECT_S),
            }
            again: RetryConfig = {"max_retries": _AGAIN, "retry_timeout": timedelta(seconds=_ANSWER_S)}
            if parts.scheme == "gs":
                self._store: S3Store | GCSStore = GCSStore.from_url(bare, client_options=client, retry_config=again)
            else:
                config = cast("S3Config", options)
                self._store = S3Store.from_url(bare, config=config, client_options=client, retry_config=again)

    async def prepare(self) -> None:
        """See `Place`: nothing is to be done."""

    async def get(self, name: str) -> bytes | None:
        """See `Place`."""
        with _told(self.name):
            try:
                found = await self._store.get_async(name)
            except FileNotFoundError:
                return None
            return bytes(await found.bytes_async())

    async def put(self, name: str, data: bytes) -> None:
        """See `Place`; in one request, which a bucket carries out whole."""
        with _told(self.name):
            await self._store.put_async(name, data, use_multipart=False)

    async def delete(self, name: str) -> None:
        """See `Place`."""
        with _told(self.name), suppress(FileNotFoundError):
            await self._store.delete_async(name)

    async def names(self, folder: str = "") -> list[str]:
        """See `Place`."""
        with _told(self.name):
            found: list[str] = []
            async for page in self._store.list(folder or None):
                found += (one["path"] for one in page)
            return found


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What goes wrong comes out as ours."""
    try:
        yield
    except OSError as error:
        raise SinkError(f"{name} {_reason(error)}") from error
    except Exception as error:
        if not _is_of_store(error):
            raise
        raise SinkError(f"{name} {_reason(error)}") from error


def _is_of_store(error: Exception) -> bool:
    """Whether it is of obstore's own kind, whose base need not be installed here."""
    return any(kind.__module__.startswith("obstore") for kind in type(error).__mro__) or isinstance(error, ValueError)


def _reason(error: BaseException) -> str:
    """The end of a sentence; of a store's many lines the first says most."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be used ({error.strerror})."
    first = str(error).strip().partition("\n")[0].strip().rstrip(".") or type(error).__name__
    if isinstance(error, TimeoutError) or any(sign in first for sign in _SILENT):
        return "does not answer."
    if isinstance(error, PermissionError) or type(error).__name__ in _REFUSED:
        return f"refuses: are the keys right, and may they read, write and delete there? ({first})"
    return f"cannot be used ({first})."


def _make(folder: Path) -> None:
    """A folder, for good, and those it is in."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
