"""`klagg web`: says where the terminal is, and shows its page there until Ctrl+C."""

from __future__ import annotations

import gc
import signal
import socket
from functools import partial

import pytest

from tests.commands.beside import get, once, signalled
from tests.ports import free_port
from tests.shell import Klagg

pytest.importorskip("textual_serve")

pytestmark = pytest.mark.usefixtures("whole_program")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_page_is_there_until_ctrl_c(klagg: Klagg) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with once(lambda: get(url).status == 200, partial(signalled, signal.SIGINT)):
        said = klagg("web", "--port", str(port), "demo")
    assert said.status == 0
    assert said.out == f"The terminal is at {url}. Ctrl+C ends it.\n"
    assert get(url).status == 0
    # textual-serve ends its loop without closing a visitor's connection: what that leaves is complained of here.
    gc.collect()


def test_a_taken_port_is_one_sentence_and_no_address(klagg: Klagg) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = klagg("web", "--port", str(taken.getsockname()[1]))
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    assert "name another with --port" in said.err
