"""`klagg push` and `--sink`: bars on another machine, which is a real PostgreSQL server here."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from functools import partial, wraps
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from klagg_tui.commands.shared import sinks
from klagg_tui.sinks import sender
from klagg_tui.storage.store import Store
from tests.commands.beside import at, exchange, has_bars, once, signalled, wait_for
from tests.makers import bars
from tests.patience import WAIT_S
from tests.ports import free_port
from tests.shell import Klagg

pytestmark = pytest.mark.xdist_group("postgres")
in_here = pytest.mark.usefixtures("whole_program")
QUICK = ("--history", "5", "--flush-seconds", "0.2")


def made(path: Path, count: int = 30) -> None:
    async def make() -> None:
        async with await Store.open(path, market="binance-um") as store:
            await store.add_confirmed(bars(count))

    asyncio.run(make())


def there(
    where: str, columns: str = "symbol, period, open_time, open, close, volume, state::text"
) -> list[tuple[Any, ...]]:
    """What is delivered; nothing while there are no tables."""

    async def read() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(where)
        try:
            return [
                tuple(row)
                for row in await connection.fetch(
                    f"SELECT {columns} FROM klagg_bars ORDER BY venue, symbol, period, open_time"
                )
            ]
        except asyncpg.UndefinedTableError:
            return []
        finally:
            await connection.close()

    return asyncio.run(read())


def here(path: Path) -> list[tuple[Any, ...]]:
    """What is stored, in the same columns; of the history alone."""
    query = """SELECT symbols.name, periods.name, minute * 60, open, close, volume, states.name, scale FROM history
    JOIN symbols ON symbols.id = symbol JOIN periods ON periods.id = period JOIN states ON states.id = state"""
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(query).fetchall()
    return sorted(
        (
            symbol,
            period,
            at,
            amount(first, scale & 15),
            amount(last, scale & 15),
            amount(volume, scale >> 4 & 15),
            state,
        )
        for symbol, period, at, first, last, volume, state, scale in found
    )


def amount(mantissa: int | str, decimals: int) -> Decimal:
    return Decimal(mantissa).scaleb(-decimals)


def equal(where: str, path: Path) -> bool:
    found = sorted((*row[:2], round(row[2].timestamp()), *row[3:]) for row in there(where))
    return found == here(path)


def test_what_is_stored_is_pushed_and_afterwards_what_changed(klagg: Klagg, address: str, tmp_path: Path) -> None:
    made(tmp_path / "a.db")
    said = klagg("push", address, "--db", "a.db")
    assert said.status == 0, said.err
    assert "se:cr%t" not in said.out + said.err
    assert "bars delivered to postgresql://klagg@127.0.0.1:" in said.out
    assert equal(address, tmp_path / "a.db")
    assert {row[0] for row in there(address, "venue")} == {"binance-um"}
    assert klagg("push", address, "--db", "a.db").out.startswith("0 bars delivered")
    made(tmp_path / "a.db", 33)
    again = klagg("push", address, "--db", "a.db")
    assert 0 < int(again.out.split()[0]) < 20
    assert equal(address, tmp_path / "a.db")


def test_what_is_forgotten_is_logged_for_no_longer(klagg: Klagg, address: str, tmp_path: Path) -> None:
    made(tmp_path / "a.db")
    assert "was not known here" in klagg("push", address, "--forget", "--db", "a.db").out
    klagg("push", address, "--db", "a.db")
    assert "Nothing is kept" in klagg("push", address, "--forget", "--db", "a.db").out
    made(tmp_path / "a.db", 33)
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        assert database.execute("SELECT count(*) FROM delivery_log").fetchone() == (0,)
    klagg("push", address, "--db", "a.db")
    assert equal(address, tmp_path / "a.db")


@pytest.mark.parametrize(
    ("where", "status", "told"),
    [
        ("postgresql://me:secret@127.0.0.1:9/db", 1, "postgresql://me@127.0.0.1:9/db: nobody answers there."),
        ("mysql://me:secret@127.0.0.1/db", 1, "postgresql://USER:PASSWORD@HOST/DATABASE"),
        ("postgresql://me:secret@127.0.0.1:port/db", 1, "127.0.0.1:port"),
        ("nonsense", 1, "postgresql://USER:PASSWORD@HOST/DATABASE"),
    ],
)
def test_an_address_that_is_none_is_one_sentence(
    klagg: Klagg, tmp_path: Path, where: str, status: int, told: str
) -> None:
    made(tmp_path / "a.db", 3)
    said = klagg("push", where, "--db", "a.db")
    assert (said.status, said.out) == (status, "")
    assert told in said.err
    assert "secret" not in said.err
    assert len(said.err.splitlines()) == 1


def test_an_address_that_is_none_is_told_before_a_database_that_is_not_there(klagg: Klagg) -> None:
    said = klagg("push", "nonsense", "--db", "a.db")
    assert said.status == 1
    assert "Bars go to addresses like" in said.err


def test_a_database_that_is_not_there_is_told(klagg: Klagg) -> None:
    said = klagg("push", "postgresql://127.0.0.1/db", "--db", "a.db")
    assert said.status == 1
    assert "a.db" in said.err


def test_passwords_of_sinks_are_not_shown(klagg: Klagg, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[sink]\nto = ["postgresql://me:secret@host/db?password=secret"]\n')
    said = klagg("config", "--config", "c.toml")
    assert "postgresql://me:…@host/db?…" in said.out
    assert "secret" not in said.out
    wrong = klagg("record", "--sink", "mysql://me:secret@host/db")
    assert wrong.status == 2
    assert "secret" not in wrong.err


@in_here
def test_what_is_recorded_is_delivered_to_the_last_bar(klagg: Klagg, address: str, tmp_path: Path) -> None:
    with exchange() as market, once(lambda: bool(there(address)), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log", "--sink", address)
    assert said.status == 0, said.err
    assert not said.err
    assert said.out.startswith("Recording into a.db and delivering to postgresql://klagg@127.0.0.1:")
    assert equal(address, tmp_path / "a.db")
    assert {row[0].partition("@")[2] for row in there(address, "venue")} == {market.rest_url}


@in_here
def test_a_server_that_is_not_there_is_told_and_recording_goes_on(klagg: Klagg, tmp_path: Path) -> None:
    nowhere = f"postgresql://me:secret@127.0.0.1:{free_port()}/db"
    with exchange() as market, once(partial(has_bars, tmp_path / "a.db"), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log", "--sink", nowhere)
    assert said.status == 0
    assert "Stopped; the last state is written." in said.out
    assert "lacks some bars still; it is given them at the next start." in said.err
    assert "secret" not in said.err + (tmp_path / "a.log").read_text()


@in_here
def test_servers_that_say_nothing_are_waited_for_together_and_in_words(
    klagg: Klagg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(sender, "STOP_S", 2.0)
    ends: list[str] = []
    for name in ("finish", "has_ended"):
        monkeypatch.setattr(sender.Sender, name, noted(ends, getattr(sender.Sender, name)))
    with ExitStack() as stack:
        mute = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(2)]
        names = [f"postgresql://me@127.0.0.1:{port}/db" for port in mute]
        options = [option for name in names for option in ("--sink", name.replace("me@", "me:secret@"))]
        market = stack.enter_context(exchange())
        stack.enter_context(once(partial(has_bars, tmp_path / "a.db"), partial(signalled, signal.SIGTERM)))
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log", *options)
    assert f"The last bars are being delivered to {' and '.join(names)}, for 2 seconds at the most." in said.out
    assert said.err.count("lacks some bars still; it is given them at the next start.") == len(names)
    assert ends[: len(names) + 1] == ["finish", "finish", "has_ended"]


def noted(ends: list[str], method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any) -> Any:
        ends.append(method.__name__)
        return method(*arguments)

    return call


@contextmanager
def recording(folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    files = ("--db", str(folder / "a.db"), "--log-path", str(folder / "a.log"))
    with (
        (folder / "out").open("ab") as out,
        subprocess.Popen(
            [sys.executable, "-m", "klagg_tui", "record", *QUICK, *options, *files],
            stdout=out,
            stderr=out,
            cwd=folder,
            env=environment,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def test_killed_again_and_again_nothing_is_missing_and_nothing_twice(
    klagg: Klagg,
    address: str,
    tmp_path: Path,
) -> None:
    with exchange(speed=20.0, faults="all") as market:
        for number in range(4):
            seen = len(there(address))
            with recording(tmp_path, *at(market), "--sink", address, "--sink-forming", "0.3"):
                wait_for(lambda seen=seen: len(there(address)) > seen)  # type: ignore[misc]
                time.sleep(number * 0.1)
        with recording(tmp_path, *at(market), "--sink", address) as process:
            seen = len(there(address))
            wait_for(lambda: len(there(address)) > seen)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0, (tmp_path / "out").read_text()
    assert equal(address, tmp_path / "a.db")
    assert "anew" not in (tmp_path / "out").read_text()
