"""`klagg serve`: it records, and answers other programs meanwhile."""

from __future__ import annotations

import json
import signal
import socket
from functools import partial

import pytest

from tests.commands.beside import at, exchange, get, once, signalled
from tests.ports import free_port
from tests.shell import Klagg

pytestmark = [pytest.mark.xdist_group("live programs"), pytest.mark.usefixtures("whole_program")]


def test_bars_are_recorded_and_pushed_until_ctrl_c(klagg: Klagg) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    port = url.rstrip("/").rsplit(":", 1)[1]

    def is_served() -> bool:
        reply = get(f"{url}api/bars?symbol=BTCUSDT&period=1m")
        return reply.status == 200 and bool(json.loads(reply.body))

    options = ("--history", "5", "--db", "a.db", "--log-path", "a.log")
    with exchange() as market, once(is_served, partial(signalled, signal.SIGINT)):
        said = klagg("serve", *at(market), "--port", port, *options)
    first, *_, last = said.out.splitlines()
    ws_url = url.replace("http", "ws")
    assert (said.status, said.err) == (0, "")
    assert first == f"Recording into a.db. Bars at {url} (a page), {url}api/bars, {ws_url}ws. Ctrl+C ends it."
    assert last == "Stopped; the last state is written."
    assert get(url).status == 0, "nobody listens there any more"
    assert "USDT" in klagg("symbols", "--db", "a.db").out


def test_a_log_that_cannot_be_written_is_said_and_a_taken_port_ends_it(klagg: Klagg) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = klagg("serve", "--port", port, "--db", "a.db", "--log-path", "/dev/null/klagg.log")
    no_log, no_port = said.err.splitlines()
    assert (said.status, said.out) == (1, "")
    assert no_log.startswith("No log is written: /dev/null/klagg.log cannot be opened")
    assert f"127.0.0.1:{port} cannot be listened at" in no_port
