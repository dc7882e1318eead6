"""The simulated exchange as a process beside: there while the block runs, gone behind it."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from klagg_tui.runtime.simulation import simulated_exchange

OPTIONS = ("--symbols", "3", "--activity", "1", "--history", "1")


def _answer(rest_url: str) -> int:
    """The status of an answer to a question for the time."""
    connection = http.client.HTTPConnection(urlsplit(rest_url).netloc, timeout=20)
    try:
        connection.request("GET", "/fapi/v1/time")
        return connection.getresponse().status
    finally:
        connection.close()


def test_whoever_asks_before_it_is_up_is_answered_and_nobody_is_behind_the_block() -> None:
    with simulated_exchange(*OPTIONS) as urls:
        assert _answer(urls.rest) == 200
        assert urlsplit(urls.ws).netloc == urlsplit(urls.rest).netloc
    with pytest.raises(ConnectionRefusedError):
        _answer(urls.rest)


def test_it_is_gone_also_where_the_block_fails() -> None:
    with pytest.raises(ValueError, match="the block"), simulated_exchange(*OPTIONS) as urls:
        _answer(urls.rest)
        raise ValueError("the block")
    with pytest.raises(ConnectionRefusedError):
        _answer(urls.rest)
