"""Who may read: where the server listens, from which pages it is asked, with which token. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from klagg_tui.errors import ConfigError
from klagg_tui.texts import printable

_LOOPBACK_NAME: Final = "localhost"


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    if host == _LOOPBACK_NAME:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Refusal(NamedTuple):
    """Why a request is refused."""

    reason: str
    """A sentence for whoever asked."""
    status: int = 403


_PORT: Final = r"(?::\d{1,5})?"
_HOST: Final = re.compile(rf"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]){_PORT}")
"""A name or an address, and a port: RFC 9110, 7.2, without what no browser sends."""
_ORIGIN: Final = re.compile(rf"null|[a-z][a-z0-9+.-]*://{_HOST.pattern}")
"""RFC 6454, 7."""


def malformed(hosts: Sequence[str], origins: Sequence[str]) -> Refusal | None:
    """Why a request is none that anybody should answer, None where it is: by all its headers of these two names.

    What cannot be read cannot be compared, and two values mean one thing here and another elsewhere: RFC 9112, 3.2 asks for 400.
    """
    if len(hosts) != 1 or not _is_host(_HOST.fullmatch(hosts[0])):
        return Refusal("The header Host has to be there once, and hold a name or address.", 400)
    if len(origins) > 1 or not all(_is_host(_ORIGIN.fullmatch(origin)) for origin in origins):
        return Refusal("The header Origin holds no origin.", 400)
    return None


def _is_host(found: re.Match[str] | None) -> bool:
    """Whether what looks like an address in brackets is one."""
    if found is None or not (name := found[1] or "").startswith("["):
        return found is not None
    try:
        return ip_address(name[1:-1]).version == 6
    except ValueError:
        return False


@dataclass(frozen=True)
class AccessPolicy:
    """Which requests are answered.

    A web page anywhere could ask a server on the loopback address through its visitor's browser. So a request that
    names the page it comes from must come from our own or a permitted one, and must have asked for us by our address, not by
    a name that was made to point at it.
    """

    host: str
    port: int
    token: str | None = None
    origins: tuple[str, ...] = ()

    def check(self) -> None:
        """Check the settings.

        Raises:
            ConfigError: other machines could read without a token.
        """
        if not self.token and not is_loopback(self.host):
            raise ConfigError(
                f"Other machines can reach {self.host}, so readers need a token: set serve.token or KLAGG_SERVE_TOKEN "
                "(eight or more signs), or listen at 127.0.0.1."
            )

    def refusal(self, headers: Mapping[str, str], url_token: str | None, *, is_public: bool = False) -> Refusal | None:
        """Why a request is refused, None where it is not.

        Args:
            headers: the request's, by their usual names.
            url_token: the token in its address, if any.
            is_public: whether it needs no token because it holds no bars: the page itself.
        """
        host = headers.get("Host", "")
        if is_loopback(self.host) and not is_loopback(_name_of(host)):
            return Refusal(f"This server is not {printable(host[:80])}.")
        origin = headers.get("Origin")
        if origin is not None and not self.is_permitted(origin, host):
            return Refusal(
                f"Pages of {printable(origin[:80])} may not read here; klagg's setting serve.origins permits them."
            )
        if is_public or self.token is None or self._has_token(headers.get("Authorization", ""), url_token):
            return None
        return Refusal("A token is needed: send Authorization: Bearer TOKEN, or ?token=TOKEN.", 401)

    def is_permitted(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may read."""
        return origin in self.origins or urlsplit(origin).netloc == host

    def _has_token(self, authorization: str, url_token: str | None) -> bool:
        assert self.token is not None
        token = authorization.removeprefix("Bearer ") or url_token or ""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self.token.encode())


def _name_of(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
