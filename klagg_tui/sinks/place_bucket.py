"""The files of a dataset in a bucket of S3 or Google Cloud Storage, by obstore. Needs the extra `dataset`.

A file is replaced on the condition that it still is what was read. A store that heeds no conditions is looked at before and behind
each write, and again later: whoever wrote over it without having read it is found out then.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qs, urlsplit

from klagg_tui.errors import SinkError
from klagg_tui.extras import missing
from klagg_tui.sinks.place import OWN, Found, told

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutMode, PutResult, UpdateVersion
    from obstore.store import ClientConfig, GCSStore, RetryConfig, S3Config, S3Store

_ANSWER_S: Final = 30
_CONNECT_S: Final = 10
_AGAIN: Final = 2
_TRIED: Final = f"{OWN}/conditions"
"""With this file it is tried whether a store heeds conditions."""
_NO_VERSION: Final[UpdateVersion] = {"e_tag": '"ffffffffffffffffffffffffffffffff"', "version": "1"}
"""Of no file."""
_UNHEARD: Final = ("NotImplemented", "501 ")
_SETTLED_S: Final = 2.0
"""Who has looked at a file before it was written has nearly always written his by then,"""
_LATER_S: Final = 90.0
"""and by then has been given up."""
_AT_ONCE: Final = 16


class BucketPlace:
    """A folder of a bucket, by obstore.

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
        self._is_heeded = False
        """Whether conditions are."""
        self._doubtful: dict[str, tuple[UpdateVersion, float]] = {}
        """What was written without one: as what, and when."""
        with told(self.name):
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
        """See `Place`; whether the store heeds conditions is tried, for some take them and do as if there were none."""
        with told(self.name):
            await self._put(_TRIED, b"", "overwrite")
            conditions: tuple[PutMode, ...] = ("create", _NO_VERSION)
            self._is_heeded = not any([await self._takes(_TRIED, b"", condition) for condition in conditions])
        self._doubtful.clear()

    async def get(self, name: str) -> Found | None:
        """See `Place`."""
        with told(self.name):
            try:
                found = await self._store.get_async(name)
            except FileNotFoundError:
                return None
            return Found(bytes(await found.bytes_async()), _version(found.meta))

    async def put(self, name: str, data: bytes) -> None:
        """See `Place`; in one request, which a bucket carries out whole."""
        with told(self.name):
            await self._put(name, data, "overwrite")

    async def swap(self, name: str, data: bytes, before: Found | None) -> bool:
        """See `Place`."""
        with told(self.name):
            if self._is_heeded:
                return await self._takes(name, data, (before and before.version) or "create")
            if await self._seen(name) != (before and before.version):
                return False
            self._doubtful[name] = await self._put(name, data, "overwrite"), time.monotonic()
            return True

    async def empty(self, name: str, nothing: bytes, before: Found) -> bool:
        """See `Place`; a store deletes without conditions, so the file stays, with nothing in it."""
        return await self.swap(name, nothing, before)

    async def lost(self, *, is_last: bool) -> list[str]:
        """See `Place`."""
        newest = max((at for _, at in self._doubtful.values()), default=0.0)
        if is_last and (left_s := newest + _SETTLED_S - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
        doubtful, found = list(self._doubtful.items()), []
        with told(self.name):
            for begin in range(0, len(doubtful), _AT_ONCE):
                some = doubtful[begin : begin + _AT_ONCE]
                seen = await asyncio.gather(*(self._seen(name) for name, _ in some))
                for (name, (version, at)), by_now in zip(some, seen, strict=True):
                    if by_now != version or time.monotonic() > at + _LATER_S:
                        del self._doubtful[name]
                    if by_now != version:
                        found.append(name)
        return found

    async def names(self, folder: str = "") -> list[str]:
        """See `Place`."""
        with told(self.name):
            found: list[str] = []
            async for page in self._store.list(folder or None):
                found += (one["path"] for one in page)
            return found

    async def _put(self, name: str, data: bytes, mode: PutMode) -> UpdateVersion:
        return _version(await self._store.put_async(name, data, mode=mode, use_multipart=False))

    async def _takes(self, name: str, data: bytes, condition: PutMode) -> bool:
        """Write it on a condition; returns whether that was met."""
        from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError

        try:
            await self._put(name, data, condition)
        except (AlreadyExistsError, PreconditionError):
            return False
        except BaseError as error:
            if name != _TRIED or not (
                isinstance(error, NotSupportedError) or any(sign in str(error) for sign in _UNHEARD)
            ):
                raise
        return True

    async def _seen(self, name: str) -> UpdateVersion | None:
        try:
            return _version(await self._store.head_async(name))
        except FileNotFoundError:
            return None


def _version(of: ObjectMeta | PutResult) -> UpdateVersion:
    found: UpdateVersion = {}
    if of["e_tag"] is not None:
        found["e_tag"] = of["e_tag"]
    if of["version"] is not None:
        found["version"] = of["version"]
    return found
