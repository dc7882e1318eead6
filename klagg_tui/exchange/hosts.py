"""Whose an address is. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def is_host_of(hosts: re.Pattern[str], url: str) -> bool:
    """Whether an address names one of these hosts, as a whole; one that cannot be read names none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return bool(hosts.fullmatch(host))
