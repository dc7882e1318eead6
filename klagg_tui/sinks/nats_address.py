"""What an address of NATS says: servers, login, the stream and its bounds. Pure.

`nats://USER:PASSWORD@HOST:4222,HOST2:4222/NAME?max_age=7d&max_bytes=1GB&replicas=3`; `tls` in the place of `nats` where the server wants it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from klagg_tui.errors import SinkError

SCHEMES: Final = ("nats", "tls")
"""Beginnings of addresses, before `://`."""
USUAL_AGE_S: Final = 7 * 86_400.0
USUAL_BYTES: Final = 4_000_000_000
"""Some three days of 600 symbols, of which each bar comes twice: when it has ended, and confirmed."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_USUAL_NAME: Final = "klagg"
_AGE: Final = re.compile(r"(\d{1,6})([mhd])")
_SIZE: Final = re.compile(r"(\d{1,6})([MGT]B)")
_SECONDS: Final = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}
_BYTES: Final = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_MOST_REPLICAS: Final = 5
_PORT: Final = 4222


@dataclass(frozen=True)
class NatsAddress:
    """Where a stream is, and what is wanted of it; None where nothing was said."""

    servers: tuple[str, ...]
    """Without login."""
    name: str
    """Of the stream, and what its subjects begin with."""
    user: str | None = None
    password: str | None = None
    token: str | None = None
    max_age_s: float | None = None
    max_bytes: int | None = None
    replicas: int | None = None
    recorder: str | None = None
    """Whose bars are read, of several that deliver there."""

    @property
    def bars(self) -> str:
        """What the subjects of bars begin with."""
        return f"{self.name}.bars"

    @property
    def forming(self) -> str:
        """What the subjects of bars under way begin with; these are kept nowhere."""
        return f"{self.name}.forming"

    @property
    def bucket(self) -> str:
        """Where positions are kept."""
        return f"{self.name}-recorders"


def read_address(address: str) -> NatsAddress:
    """What an address says.

    Raises:
        SinkError: it cannot be read; the text quotes nothing of the login.
    """
    try:
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise SinkError(_HELP) from error
    login, at, hosts = parts.netloc.rpartition("@")
    name = parts.path.strip("/") or _USUAL_NAME
    if not hosts or parts.scheme not in SCHEMES or parts.fragment or not _NAME.fullmatch(name):
        raise SinkError(_HELP)
    user, has_password, password = login.partition(":")
    found = NatsAddress(
        tuple(_server(parts.scheme, host) for host in hosts.split(",")),
        name,
        unquote(user) if has_password else None,
        unquote(password) if has_password else None,
        unquote(user) if at and not has_password else None,
        _measure(options.pop("max_age", None), "max_age", _AGE, _SECONDS),
        _whole(_measure(options.pop("max_bytes", None), "max_bytes", _SIZE, _BYTES)),
        _replicas(options.pop("replicas", None)),
        options.pop("recorder", None) or None,
    )
    if options:
        raise SinkError(f"An address of NATS has no {min(options)}: max_age, max_bytes, replicas and recorder it has.")
    return found


def public_name(address: NatsAddress) -> str:
    """The address without its login and options."""
    hosts = ",".join(server.partition("://")[2] for server in address.servers)
    return f"nats://{hosts}/{address.name}"


_HELP: Final = "Addresses of NATS look like nats://USER:PASSWORD@HOST:4222/NAME?max_age=7d&max_bytes=1GB; NAME, of letters, digits, _ and -, is the stream's."


def _server(scheme: str, host: str) -> str:
    try:
        parts = urlsplit(f"{scheme}://{host}")
        port = parts.port or _PORT
    except ValueError as error:
        raise SinkError(_HELP) from error
    if not parts.hostname:
        raise SinkError(_HELP)
    shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{shown}:{port}"


def _measure(
    text: str | None, name: str, shape: re.Pattern[str], units: dict[str, float] | dict[str, int]
) -> float | None:
    if text is None:
        return None
    found = shape.fullmatch(text)
    if not found or not int(found[1]):
        raise SinkError(f"{name} is a number with {', '.join(units)} behind it.")
    return int(found[1]) * units[found[2]]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _replicas(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_REPLICAS):
        raise SinkError(f"replicas is a number from 1 to {_MOST_REPLICAS}.")
    return int(text)
