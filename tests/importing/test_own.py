"""What klagg exported to CSV comes in again as it was, and never surer than it says."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile
from klagg_tui.evidence import Evidence
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.formats.csv import FORMAT
from klagg_tui.exporting.selection import Selection
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.outcome import Imported
from klagg_tui.runtime.replay import Replay
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, bars

PERIODS = (Period.M1, Period.M5, Period.H1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "first.db", periods=PERIODS) as opened:
        await opened.claim("binance-um")
        confirmed = [bar._replace(state=State.CONFIRMED) for bar in bars(130)]
        by_candle = Evidence.CANDLE_ONLY | Evidence.NO_TURNOVER | Evidence.NO_TAKER_TURNOVER
        confirmed[7] = confirmed[7]._replace(evidence=by_candle, turnover=0, taker_buy_turnover=0)
        await opened.add_confirmed(confirmed)
        await opened.add(bars(9, START + 3 * MINUTE, symbol="ETHUSDT"), [])
        await opened.add([bar._replace(state=State.PARTIAL) for bar in bars(4, symbol="PARTUSDT")], [])
        yield opened


async def _all(store: Store) -> list[Bar]:
    names = [known.symbol for known in await store.symbols()]
    return [bar for name in names for period in PERIODS async for bar in store.bars(name, period)]


async def _exported(store: Store, path: Path, **wanted: bool) -> Path:
    selection = Selection(periods=PERIODS, **wanted)  # type: ignore[arg-type]
    await export(store, selection, path, FORMAT)
    return path


async def _imported(folder: Path, path: Path, **told: str) -> tuple[list[Bar], Imported]:
    async with await Store.open(folder / "second.db", periods=PERIODS) as second:
        outcome = await import_files(second, [path], **told)  # type: ignore[arg-type]
        again = await import_files(second, [path], **told)  # type: ignore[arg-type]
        assert again.new == 0
        return await _all(second), outcome


@pytest.mark.parametrize("with_venue", [False, True])
async def test_bars_come_in_again_as_they_went_out(store: Store, tmp_path: Path, with_venue: bool) -> None:
    path = await _exported(store, tmp_path / "bars.csv", with_state=True, with_witness=True, with_venue=with_venue)
    found, outcome = await _imported(tmp_path, path)
    assert (outcome.tally.bad, outcome.failures) == (0, [])
    assert _by_key(found) == _by_key(await _all(store))


async def test_without_a_state_a_bar_is_as_sure_as_its_witness(store: Store, tmp_path: Path) -> None:
    path = await _exported(store, tmp_path / "bars.csv", with_witness=True)
    found, _ = await _imported(tmp_path, path)
    states = {(bar.symbol, bar.state) for bar in found if bar.period is Period.M1}
    assert states == {("BTCUSDT", State.CONFIRMED), ("ETHUSDT", State.PARTIAL), ("PARTUSDT", State.PARTIAL)}


async def test_without_state_and_witness_bars_are_partial_and_that_is_told(store: Store, tmp_path: Path) -> None:
    found, outcome = await _imported(tmp_path, await _exported(store, tmp_path / "bars.csv"))
    assert {bar.state for bar in found} == {State.PARTIAL}
    assert [bar[:12] for bar in found if bar.period is Period.M1] == [
        bar[:12] for bar in await _all(store) if bar.period is Period.M1
    ]
    assert any("does not say how sure its bars are" in note for note in outcome.notes)


async def test_a_confirmed_bar_of_which_nobody_is_named_rests_on_the_exchange_s_bar_alone(
    store: Store, tmp_path: Path
) -> None:
    found, _ = await _imported(tmp_path, await _exported(store, tmp_path / "bars.csv", with_state=True))
    assert {bar.evidence & Evidence.CANDLE_ONLY for bar in found if bar.state is State.CONFIRMED} == {
        Evidence.CANDLE_ONLY
    }


async def test_a_row_that_cannot_be_read_costs_that_row(store: Store, tmp_path: Path) -> None:
    path = await _exported(store, tmp_path / "bars.csv", with_state=True, with_witness=True)
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace(",confirmed,", ",certain,")
    lines[3] = lines[3].replace(",ids", ",hearsay")
    lines[4] += ",more"
    lines[5] = lines[5].replace(",1m,", ",5m,")
    path.write_text("\n".join(lines) + "\n")
    _, outcome = await _imported(tmp_path, path)
    assert outcome.tally.bad == 4, outcome.tally.first_bad


async def test_other_exchanges_bars_are_not_guessed(store: Store, tmp_path: Path) -> None:
    path = await _exported(store, tmp_path / "bars.csv", with_state=True)
    path.write_text(path.read_text().replace("BTCUSDT", "BTC/USD"))
    _, outcome = await _imported(tmp_path, path)
    assert "--venue says of which exchange" in outcome.failures[0]


async def test_bars_of_several_exchanges_come_in_as_of_those(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "first.db", periods=PERIODS) as store:
        for key in ("binance-um", "coinbase"):
            await store.claim(key)
        await store.add(bars(7, symbol="binance-um:BTCUSDT"), [])
        await store.add(bars(5, symbol="coinbase:BTC-USD"), [])
        path = await _exported(store, tmp_path / "bars.csv", with_state=True)
        before = await _all(store)
    found, outcome = await _imported(tmp_path, path)
    assert (outcome.tally.bad, outcome.failures) == (0, [])
    assert _by_key(found) == _by_key(before)
    async with await Store.open(tmp_path / "third.db", periods=PERIODS) as third:
        outcome = await import_files(third, [path], market="um")
        assert {bar.symbol for bar in await _all(third)} == {"BTCUSDT"}
        assert "--market leaves them out" in outcome.failures[0]


async def test_a_replay_of_bars_says_what_it_needs(store: Store, tmp_path: Path) -> None:
    path = await _exported(store, tmp_path / "bars.csv")
    with pytest.raises(BadFile, match="a replay plays trades: archives of the exchange"):
        Replay([path], None)


def _by_key(found: Iterable[Bar]) -> dict[object, Bar]:
    return {bar.key: bar for bar in found}
