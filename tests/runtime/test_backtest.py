"""Alerts tried on recorded trades: where they fire, and what they are held against."""

from __future__ import annotations

from pathlib import Path

from klagg_tui.alert import Alert, Firing
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.runtime.backtest import Backtest
from klagg_tui.runtime.replay import Replay
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.alerts.recording import AlertWatch
from tests.importing.test_importer import event, file_of
from tests.makers import MINUTE, START, trade

OTHER = "ETHUSDT"


def _backtest(folder: Path, made: list[AggTrade], *texts: str) -> Backtest:
    source = Replay([file_of(folder / "a.jsonl", map(event, made))], None)
    return Backtest(source, (Period.M1, Period.M5), AlertWatch(AlertBook(map(Alert, texts))))


async def _fired(backtest: Backtest) -> list[Firing]:
    return [one async for found in backtest.run() for one in found]


async def test_an_alert_is_held_against_the_end_of_each_second_that_has_trades(tmp_path: Path) -> None:
    made = [
        trade(1, START, "100"),
        trade(2, START + 5_100, "200"),
        trade(3, START + 5_900, "100"),
        trade(4, START + 90_000, "150"),
        trade(5, START + 90_999, "160"),
    ]
    backtest = _backtest(tmp_path, made, "last>110")
    fired = await _fired(backtest)
    assert [(one.symbol, one.at_ms, one.price) for one in fired] == [("BTCUSDT", START + 90_999, "160")]
    assert (backtest.first_ms, backtest.trades, backtest.symbols) == (START, 5, 1)
    assert (backtest.progress.done, backtest.progress.total) == (91, 91)
    assert backtest.notices == ()


async def test_each_symbol_fires_by_itself_and_after_a_pause_again(tmp_path: Path) -> None:
    prices = [("100", 0), ("120", 10), ("100", 20), ("120", 30), ("100", 80), ("120", 90)]
    made = [
        trade(place, START + at_s * 1_000 + later, price, symbol=symbol)
        for place, (price, at_s) in enumerate(prices, 1)
        for later, symbol in enumerate(("BTCUSDT", OTHER))
    ]
    fired = await _fired(_backtest(tmp_path, made, "last>110"))
    assert [(one.symbol, (one.at_ms - START) // 1_000) for one in fired] == [
        ("BTCUSDT", 10),
        (OTHER, 10),
        ("BTCUSDT", 90),
        (OTHER, 90),
    ]


async def test_figures_are_known_as_far_as_the_trades_reach_back(tmp_path: Path) -> None:
    made = [trade(1 + minute, START + minute * MINUTE, "100") for minute in range(8)]
    backtest = _backtest(tmp_path, made, "chg(5m)>1", "chg(16m)>1", "oi(1h)>1")
    assert set(backtest.coverage.values()) == {0.0}
    await _fired(backtest)
    assert {str(call): part for call, part in backtest.coverage.items()} == {
        "chg(5m)": 1.0,
        "chg(16m)": 7 / 16,
        "oi(1h)": 0.0,
    }
