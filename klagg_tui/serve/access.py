"""Who may read: where the server listens, from which pages it is asked, with which token. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from klagg_tui.errors import ConfigError

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
    needs_token: bool = False


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
            return Refusal(f"This server is not {host[:80]}.")
        origin = headers.get("Origin")
        if origin is not None and not self.is_permitted(origin, host):
            return Refusal(f"Pages of {origin[:80]} may not read here; klagg's setting serve.origins permits them.")
        if is_public or self.token is None or self._has_token(headers.get("Authorization", ""), url_token):
            return None
        return Refusal("A token is needed: send Authorization: Bearer TOKEN, or ?token=TOKEN.", needs_token=True)

    def is_permitted(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may read."""
        return origin in self.origins or urlsplit(origin).netloc == host

    def _has_token(self, authorization: str, url_token: str | None) -> bool:
        assert self.token is not None
        token = authorization.removeprefix("Bearer ") or url_token or ""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self.token.encode())


def _name_of(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
