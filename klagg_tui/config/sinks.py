"""Values of settings that say where bars are delivered to."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from klagg_tui.config.kinds import BadValue, Kind
from klagg_tui.config.wording import quoted, shown

SCHEMES: Final = ("postgresql", "postgres", "nats", "tls")
BUCKETS: Final = ("s3", "gs")


class SinkAddress(Kind[str]):
    """An address with a password in it, perhaps; that is not shown."""

    metavar = "URL"
    allowed = "an address like postgresql://USER:PASSWORD@HOST:PORT/DATABASE or nats://USER:PASSWORD@HOST:PORT"

    def _read(self, value: object, _base: Path) -> str:
        if not isinstance(value, str) or not self._is_good(value):
            # Not quoted: a slip of the pen does not make a password less of a secret.
            raise BadValue(("", f"must be {self.allowed}"))
        return value

    def _is_good(self, text: str) -> bool:
        parts = _parts(text)
        return parts is not None and parts.scheme in SCHEMES

    def _write(self, value: str) -> str:
        return quoted(value)

    def _show(self, value: str) -> str:
        parts = urlsplit(value)
        login, at, host = parts.netloc.rpartition("@")
        user, has_password, _ = login.partition(":")
        hidden = f"{user}{':…' if has_password else ''}{at}{host}"
        # Options may hold a password too.
        return quoted(parts._replace(netloc=hidden, query="…" if parts.query else "").geturl())


class DatasetAddress(Kind[str]):
    """The address of a folder, or of one in a bucket; keys stand elsewhere."""

    metavar = "URL"
    allowed = "an address like s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or file:///FOLDER"

    def _read(self, value: object, _base: Path) -> str:
        if not isinstance(value, str) or not self._is_good(value):
            raise BadValue(("", f"is {shown(value)}, but must be {self.allowed}"))
        return value

    def _is_good(self, text: str) -> bool:
        parts = _parts(text)
        if parts is None or "@" in parts.netloc:
            return False
        if parts.scheme == "file":
            return not parts.netloc and bool(parts.path.strip("/"))
        return parts.scheme in BUCKETS and bool(parts.netloc)

    def _write(self, value: str) -> str:
        return quoted(value)


def _parts(text: str) -> SplitResult | None:
    """Of an address; None where it is none."""
    if not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        for host in parts.netloc.rpartition("@")[2].split(","):  # NATS has several
            _ = urlsplit(f"{parts.scheme}://{host}").port
    except ValueError:
        return None
    return parts if text.startswith(f"{parts.scheme}://") else None
