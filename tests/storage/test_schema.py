"""The view that a person queries: plain names, times, numbers."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import row
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar

NAMES = tuple(
    column.name
    for column in (*row.SERIES, *row.BAR, row.STATE, row.VENUE, row.WITNESS)
    if column.kind is not row.Kind.CLOSE_TIME
)
"""Of the view's columns, as of all files and answers."""


async def shown(folder: Path, ended: list[Bar], forming: list[Bar], where: str = "1") -> list[Any]:
    """Rows of the view."""
    async with await Store.open(folder / "klagg.db") as store:
        await store.write(Changes(tuple(forming), tuple(ended)))
    connection = sqlite3.connect(folder / "klagg.db")
    try:
        return connection.execute(f"SELECT {', '.join(NAMES)} FROM bars WHERE {where} ORDER BY open_time").fetchall()
    finally:
        connection.close()


async def test_a_bar_reads_as_names_times_and_numbers(tmp_path: Path) -> None:
    given = bar(
        START,
        "61800.3",
        "61900",
        "61700.25",
        "61800",
        "12.345",
        period=Period.H1,
        turnover_text="762921.00000001",
        trade_count=7,
        taker_buy_volume="1.5",
        taker_buy_turnover="92700.45",
    )
    assert await shown(tmp_path, [given], []) == [
        (
            SYMBOL,
            "1h",
            "2024-08-08T00:00:00Z",
            61800.3,
            61900.0,
            61700.25,
            61800.0,
            12.345,
            762921.00000001,
            7,
            1.5,
            92700.45,
            "closed",
            None,
            None,
        )
    ]


async def test_names_of_before_stay_behind_those_of_files(tmp_path: Path) -> None:
    await shown(tmp_path, [bar(taker_buy_volume="0.5", taker_buy_turnover="50", trade_count=3)], [])
    connection = sqlite3.connect(tmp_path / "klagg.db")
    found = connection.execute("SELECT * FROM bars")
    names = tuple(name for name, *_ in found.description)
    values = dict(zip(names, found.fetchone(), strict=True))
    connection.close()
    assert names == (*NAMES, "turnover", "trade_count", "taker_buy_turnover")
    assert (values["turnover"], values["trade_count"], values["taker_buy_turnover"]) == (100.0, 3, 50.0)
    assert values["quote_volume"] == values["turnover"]


async def test_numbers_beyond_63_bits_are_numbers_too(tmp_path: Path) -> None:
    given = bar(volume="1000000000000.00000001", turnover_text="123456789012.0000000000000001")
    ((*_, volume, turnover, _, _, _, _, _, _),) = await shown(tmp_path, [given], [])
    assert (volume, turnover) == (pytest.approx(1e12, rel=1e-15), pytest.approx(123456789012.0, rel=1e-15))


@pytest.mark.parametrize("text", ["0.00000001", "0.000000000123", "0.1", "9999999.99999999", "3", "61800.31", "0.07"])
async def test_a_price_is_the_float_nearest_to_it(tmp_path: Path, text: str) -> None:
    ((_, _, _, opened, *_),) = await shown(tmp_path, [bar(open=text)], [])
    assert opened == float(text)


async def test_every_period_and_state_has_its_name(tmp_path: Path) -> None:
    ended = [bar(period.open_ms(START), period=period) for period in Period]
    assert {found[1] for found in await shown(tmp_path, ended, [])} == {period.value for period in Period}
    states = [bar(START + place * MINUTE, state=state) for place, state in enumerate(list(State)[1:], 20)]
    rows = await shown(
        tmp_path, states, [bar(START + MINUTE * 30, state=State.FORMING)], "open_time > '2024-08-08T00:15'"
    )
    assert [found[-3] for found in rows] == ["partial", "closed", "confirmed", "forming"]


async def test_a_current_bar_shows_once(tmp_path: Path) -> None:
    ended = [bar(START, "1", state=State.PARTIAL), bar(START, "5", period=Period.M5)]
    forming = [bar(START, "2", state=State.FORMING), bar(START, "6", period=Period.M5, state=State.FORMING)]
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.write(Changes(tuple(forming)))
    connection = sqlite3.connect(tmp_path / "klagg.db", isolation_level=None)
    connection.execute(
        "INSERT INTO history SELECT symbol, period, minute, 1 + (period > 0), 0, 1,1,1,1,1,1,1,1,1 FROM forming"
    )
    found = connection.execute("SELECT period, open, state FROM bars ORDER BY period").fetchall()
    connection.close()
    assert found == [("1m", 2.0, "forming"), ("5m", 1.0, "closed")]
    assert ended


async def test_a_question_for_one_symbol_and_period_uses_the_key(tmp_path: Path) -> None:
    await shown(tmp_path, [bar()], [])
    connection = sqlite3.connect(tmp_path / "klagg.db")
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM bars WHERE symbol = 'A' AND period = '1m'").fetchall()
    connection.close()
    assert not [step for *_, step in plan if step.startswith("SCAN")]


async def test_an_unknown_field_is_null_and_a_confirmed_bar_says_who_vouches_for_it(tmp_path: Path) -> None:
    lacks = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
    fetched = bar(turnover_text="0", trade_count=0, state=State.CONFIRMED)
    given = [
        fetched._replace(evidence=lacks | Evidence.CANDLE_ONLY),
        bar(START + MINUTE, state=State.CONFIRMED),
        bar(START + 2 * MINUTE),
    ]
    rows = await shown(tmp_path, given, [])
    assert [found[8:12] for found in rows] == [(None,) * 4, (100.0, 1, 0.0, 0.0), (100.0, 1, 0.0, 0.0)]
    assert [found[-1] for found in rows] == ["candle", "ids", None]
