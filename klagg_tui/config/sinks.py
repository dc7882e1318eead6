"""Values of settings that say where bars are delivered to."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from klagg_tui.config.kinds import BadValue, Kind
from klagg_tui.config.wording import quoted

SCHEMES: Final = ("postgresql", "postgres")


class SinkAddress(Kind[str]):
    """An address with a password in it, perhaps; that is not shown."""

    metavar = "URL"
    allowed = "an address like postgresql://USER:PASSWORD@HOST:PORT/DATABASE"

    def _read(self, value: object, _base: Path) -> str:
        if not isinstance(value, str) or not self._is_good(value):
            # Not quoted: a slip of the pen does not make a password less of a secret.
            raise BadValue(("", f"must be {self.allowed}"))
        return value

    def _is_good(self, text: str) -> bool:
        if not text.isprintable() or " " in text:
            return False
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            return False
        return parts.scheme in SCHEMES and text.startswith(f"{parts.scheme}://")

    def _write(self, value: str) -> str:
        return quoted(value)

    def _show(self, value: str) -> str:
        parts = urlsplit(value)
        login, at, host = parts.netloc.rpartition("@")
        user, has_password, _ = login.partition(":")
        hidden = f"{user}{':…' if has_password else ''}{at}{host}"
        # Options may hold a password too.
        return quoted(parts._replace(netloc=hidden, query="…" if parts.query else "").geturl())
