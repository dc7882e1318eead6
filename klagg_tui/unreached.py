"""Why a network address gave nothing, in words: what Python and its libraries say of a socket is written for programmers."""

from __future__ import annotations

import os
import re
import socket
import ssl
from errno import ECONNREFUSED
from typing import Final

_NUMBER: Final = re.compile(r"\[Errno (\d+)\]")
"""Where several addresses of a name were tried in vain, asyncio joins their errors to one text, without a number of its own."""
_OF_TLS: Final = re.compile(r"^\[[A-Z0-9_]+(?:: [A-Z0-9_]+)?\] | \(_ssl\.c:\d+\)$")
"""What OpenSSL and Python add to a reason, for programmers."""


def reason_of(error: BaseException) -> str:
    """Why a connection, or an address to listen at, was not to be had, in short; the address is not in it."""
    if isinstance(error, socket.gaierror):
        return "name not known: no network?"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    # A library's own kind of error says more in its text: of a proxy, which one.
    is_pythons = type(error).__module__ == "builtins"
    number = _number_of(error) if is_pythons else 0
    if number == ECONNREFUSED or (is_pythons and isinstance(error, ConnectionRefusedError)):
        return "nobody answers there"
    # `TimeoutError` is the system's too: "Connection timed out" comes with its number.
    if is_pythons and isinstance(error, TimeoutError) and not number:
        return "no answer in time"
    if number:
        return os.strerror(number)
    text = _OF_TLS.sub("", str(getattr(error, "strerror", None) or error))
    return text.split(" [", maxsplit=1)[0].rstrip(".") or type(error).__name__


def _number_of(error: BaseException) -> int:
    """The system's number of an error, 0 where there is none: those of TLS are of another list."""
    if not isinstance(error, OSError) or isinstance(error, ssl.SSLError):
        return 0
    if error.errno and error.errno > 0:
        return error.errno
    found = _NUMBER.search(str(error))
    return int(found[1]) if found else 0
