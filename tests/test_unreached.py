"""What a person reads of a connection that did not come about."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl

import pytest

from klagg_tui.unreached import reason_of
from tests.ports import free_port


async def test_what_asyncio_says_of_an_address_is_put_in_words() -> None:
    with pytest.raises(ConnectionRefusedError, match="Connect call failed") as failed:
        await asyncio.open_connection("127.0.0.1", free_port())
    assert reason_of(failed.value) == "nobody answers there"


async def test_an_address_that_is_taken_is_told_in_the_systems_words() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="error while attempting to bind") as failed,
    ):
        await asyncio.start_server(lambda *_: None, "127.0.0.1", taken.getsockname()[1])
    assert reason_of(failed.value) == os.strerror(errno.EADDRINUSE)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(
                f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] Connect call failed ('::1', 1, 0, 0), "
                f"[Errno {errno.ECONNREFUSED}] Connect call failed ('127.0.0.1', 1)"
            ),
            "nobody answers there",
        ),
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 1)"), os.strerror(errno.EHOSTUNREACH)),
        (TimeoutError(errno.ETIMEDOUT, "Connect call failed ('192.0.2.1', 1)"), os.strerror(errno.ETIMEDOUT)),
        (TimeoutError("timed out during opening handshake"), "no answer in time"),
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "name not known: no network?"),
        (ConnectionResetError(errno.ECONNRESET, "whatever"), os.strerror(errno.ECONNRESET)),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)"), "wrong version number"),
        (ConnectionResetError("closed during the handshake"), "closed during the handshake"),
        (EOFError(), "EOFError"),
    ],
)
def test_each_kind_of_failure_has_its_words(error: BaseException, words: str) -> None:
    assert reason_of(error) == words
