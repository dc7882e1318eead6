"""Where the exchange publishes its archives, how they are called there, and how their listing and checksums are read.

Source: README of binance-public-data (folders, `.CHECKSUM`: `sha256  name`); the listing is that of S3,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance.archive.markets import CM, SPOT, UM, Market
from klagg_tui.exchange.binance.archive.names import period_in_name

FILES_URL: Final = "https://data.binance.vision"
BUCKET_URL: Final = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision"
BUCKET_PATH: Final = "/data.binance.vision"
"""Where a mirror of it has the listing."""
CHECKSUM: Final = ".CHECKSUM"
MOST_KEYS: Final = 1000
"""In a page of the listing."""
FOLDERS: Final = {UM: "futures/um", CM: "futures/cm", SPOT: "spot"}
"""The markets whose archives are published."""
_DIGEST: Final = re.compile(r"\s*([0-9a-fA-F]{64})\s+\*?(\S+)\s*")
_ETAG: Final = re.compile(r"[0-9A-Za-z-]{1,80}")


class Series(NamedTuple):
    """The files of one symbol that follow each other: its aggregate trades, or its bars of a period."""

    market: Market
    symbol: str
    period: Period | None
    """None: aggregate trades."""

    @property
    def what(self) -> str:
        """As it stands in a file's name."""
        return "aggTrades" if self.period is None else period_in_name(self.period)

    def __str__(self) -> str:
        return f"{self.symbol} {'aggTrades' if self.period is None else self.period}"

    def prefix(self, *, monthly: bool) -> str:
        """What the names of all its files in the bucket begin with."""
        inner = "" if self.period is None else f"{self.what}/"
        return f"{symbols_folder(self.market, self.period, monthly=monthly)}{self.symbol}/{inner}{self.symbol}-{self.what}-"

    def key(self, part: str) -> str:
        """The name in the bucket of the file of a month (`2024-01`) or a day."""
        return f"{self.prefix(monthly=part.count('-') == 1)}{part}.zip"


class Entry(NamedTuple):
    """A file of the listing."""

    key: str
    etag: str
    """Without quotes; another one means that the file was published anew."""
    size: int


class Page(NamedTuple):
    """A page of the listing."""

    entries: list[Entry]
    folders: list[str]
    """The last part of each, without `/`."""
    next_marker: str | None
    """After which the next page begins; None: there is none."""


def symbols_folder(market: Market, period: Period | None, *, monthly: bool) -> str:
    """The folder that has one for each symbol."""
    kind = "aggTrades" if period is None else "klines"
    return f"data/{FOLDERS[market]}/{'monthly' if monthly else 'daily'}/{kind}/"


def read_listing(body: bytes) -> Page:
    """A page of the listing.

    Raises:
        BadFrame: it is none.
    """
    try:
        root = ET.fromstring(body)  # noqa: S314 - expat bounds what entities may become
    except ET.ParseError as error:
        raise BadFrame("no listing") from error
    if _tag(root) != "ListBucketResult":
        raise BadFrame("no listing")
    entries, folders, values = [], [], {}
    for child in root:
        fields = {_tag(field): field.text or "" for field in child}
        if _tag(child) == "Contents":
            entries.append(_entry(fields))
        elif _tag(child) == "CommonPrefixes":
            folders.append(fields.get("Prefix", ""))
        else:
            values[_tag(child)] = child.text or ""
    last = values.get("NextMarker") or max([*folders, *(entry.key for entry in entries)], default="")
    is_cut = values.get("IsTruncated") == "true" and last
    names = [folder.rstrip("/").rpartition("/")[2] for folder in folders]
    return Page(entries, names, last if is_cut else None)


def read_checksum(body: bytes, name: str) -> str:
    """The SHA-256 of the file of that name, in small letters.

    Raises:
        BadFrame: it is not said.
    """
    found = _DIGEST.fullmatch(body.decode(errors="replace"))
    if found is None or found[2].rpartition("/")[2] != name:
        raise BadFrame("no checksum of that file")
    return found[1].lower()


def _entry(fields: dict[str, str]) -> Entry:
    etag, size = fields.get("ETag", "").strip('"'), fields.get("Size", "")
    if not _ETAG.fullmatch(etag) or not size.isdecimal():
        raise BadFrame("an entry without ETag or size")
    return Entry(fields.get("Key", ""), etag, int(size))


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
