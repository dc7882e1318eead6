"""The bucket: the bytes of a file and its checksum, and the listing as S3 writes it, a thousand names a page.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html (prefix, delimiter, marker, max-keys).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from klagg_tui.simulator.archive.rows import packed
from klagg_tui.simulator.archive.shelves import KINDS, ArchiveFile, files_of, read_key
from klagg_tui.simulator.exchange import Exchange
from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS

BUCKET: Final = "data.binance.vision"
CHECKSUM: Final = ".CHECKSUM"
_MOST_KEYS: Final = 1000
_KEPT_FILES: Final = 512


class Stored(NamedTuple):
    """An object of the bucket."""

    body: bytes
    etag: str
    """Without quotes."""
    modified_ms: int


class Served(NamedTuple):
    """What was sent of an object."""

    key: str
    first: int
    sent: int


class Bucket:
    """Everything that is published of a market by now."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._packed = lru_cache(maxsize=_KEPT_FILES)(self._pack)
        self.served: list[Served] = []
        """Each answer with bytes of a file, in order."""
        self.listings = 0
        """How often the listing was asked for."""

    @property
    def exists(self) -> bool:
        """Whether this exchange publishes files."""
        return self._exchange.face.archive() is not None

    def find(self, key: str) -> Stored | None:
        """An object; None: there is none of that name, or not yet."""
        shown = self._exchange.face.archive()
        file = read_key(key.removesuffix(CHECKSUM), shown.folder) if shown else None
        if file is None or not self._is_published(file):
            return None
        stored = self._packed(file, self._edition(file))
        if not key.endswith(CHECKSUM):
            return stored
        other = self._exchange.faults.hits("unsure", file.name)
        digest = hashlib.sha256(stored.body + b"!" if other else stored.body).hexdigest()
        return _stored(f"{digest}  {file.name}\n".encode(), file.published_ms)

    def listing(self, query: Mapping[str, str]) -> bytes:
        """A page of `ListBucketResult`."""
        self.listings += 1
        prefix, marker = query.get("prefix", ""), query.get("marker", "")
        most = min(_MOST_KEYS, int(query.get("max-keys") or _MOST_KEYS))
        is_parted = query.get("delimiter") == "/"
        found = list(islice(self._entries(prefix, marker, is_parted=is_parted), most + 1))
        page, is_cut = found[:most], len(found) > most
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
            f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><Marker>{escape(marker)}</Marker>",
            f"<MaxKeys>{most}</MaxKeys><IsTruncated>{str(is_cut).lower()}</IsTruncated>",
            f"<NextMarker>{escape(page[-1])}</NextMarker>" if is_cut and is_parted else "",
            *map(self._entry, page),
            "</ListBucketResult>",
        ]
        return "".join(parts).encode()

    def _entry(self, name: str) -> str:
        if name.endswith("/"):
            return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
        stored = self.find(name)
        assert stored is not None, name
        modified = datetime.fromtimestamp(stored.modified_ms / 1000, UTC)
        return (
            f"<Contents><Key>{escape(name)}</Key><LastModified>{modified:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>&quot;{stored.etag}&quot;</ETag><Size>{len(stored.body)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )

    def _entries(self, prefix: str, marker: str, *, is_parted: bool) -> Iterator[str]:
        """Names behind the marker, in order; where parted, each folder below the prefix once."""
        said = ""
        for key in self._keys(prefix):
            name = key
            if is_parted and "/" in key[len(prefix) :]:
                name = key[: key.index("/", len(prefix)) + 1]
            if name > marker and name != said:
                said = name
                yield name

    def _keys(self, prefix: str) -> list[str]:
        shown, now_ms = self._exchange.face.archive(), self._exchange.clock.now_ms()
        assert shown is not None
        keys: list[str] = []
        for life in self._exchange.face.listed().values():
            name = self._exchange.face.name(life.listing)
            for monthly in (True, False):
                for kind in KINDS:
                    place = f"data/{shown.folder}/{'monthly' if monthly else 'daily'}/{kind}/{name}/"
                    if not (place.startswith(prefix) or prefix.startswith(place)):
                        continue
                    for interval in (None,) if kind == KINDS[0] else INTERVALS:
                        first_ms = life.contracts[0].listing.listed_minute * MINUTE_MS
                        for file in files_of(shown.folder, name, interval, first_ms, now_ms, monthly=monthly):
                            if file.key.startswith(prefix) and self._is_published(file):
                                keys += [file.key, file.key + CHECKSUM]
        return sorted(keys, key=str.encode)

    def _is_published(self, file: ArchiveFile) -> bool:
        """Whether it is there by now: traded in its time, and not left out."""
        face, now_ms = self._exchange.face, self._exchange.clock.now_ms()
        symbol = face.symbol_of(file.symbol)
        if symbol is None or file.published_ms > now_ms or self._exchange.faults.hits("absent", file.name):
            return False
        lives = face.market.lives[symbol].contracts
        return any(
            life.listing.listed_minute * MINUTE_MS < file.to_ms and file.from_ms < life.until * MINUTE_MS
            for life in lives
        )

    def _edition(self, file: ArchiveFile) -> int:
        return 1 if self._exchange.faults.hits("republish", file.name) else 0

    def _pack(self, file: ArchiveFile, edition: int) -> Stored:
        face = self._exchange.face
        shown = face.archive()
        assert shown is not None
        body = packed(face, shown, file, self._exchange.clock.now_ms(), edition)
        return _stored(body, file.published_ms + edition * 86_400_000)


def _stored(body: bytes, modified_ms: int) -> Stored:
    return Stored(body, hashlib.md5(body, usedforsecurity=False).hexdigest(), modified_ms)
