"""Through which proxy an address is reached: the one that was given, else the environment's."""

from __future__ import annotations

import urllib.request
from typing import Final
from urllib.parse import SplitResult, urlsplit

from klagg_tui.errors import ConfigError
from klagg_tui.texts import without_password

_SCHEMES: Final = {"http": "http", "socks5": "socks5", "socks5h": "socks5", "socks4": "socks4"}
_SECURE: Final = {"https": True, "wss": True, "http": False, "ws": False}


def proxy_for(url: str, given: str | None = None) -> str | None:
    """Address of the proxy as `http://…`, `socks5://…` or `socks4://…`; None to go there directly.

    Names are resolved by the proxy. The environment counts as it does everywhere: HTTPS_PROXY, ALL_PROXY, NO_PROXY.

    Raises:
        ConfigError: it is no proxy we can use.
    """
    proxy = given or _from_environment(url)
    if proxy is None:
        return None
    parts = _parts(proxy)
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname or _port(parts) is None:
        raise ConfigError(
            f"The proxy {without_password(proxy)} cannot be used: it must be http://host:port or socks5://host:port, "
            "with user:password@ before the host where it asks for them."
        )
    return f"{scheme}://{parts.netloc}"


def _from_environment(url: str) -> str | None:
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    if not proxies or urllib.request.proxy_bypass(parts.netloc):
        return None
    names = ("https", "all", "socks") if _SECURE.get(parts.scheme, True) else ("http", "all", "socks")
    return next((proxies[name] for name in names if proxies.get(name)), None)


def _parts(proxy: str) -> SplitResult:
    try:
        return urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    except ValueError:  # what is wrong with it may quote the password
        return urlsplit("")


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None
