"""The recorded minute: what the engine makes of the exchange's trades is the exchange's own bar."""

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.wire.bars import read_bars
from klagg_tui.exchange.okx.wire.frames import decode_batch
from klagg_tui.exchange.units import Contract
from tests.conftest import needs_data
from tests.exchange.okx.samples import pushed, recorded_minute, reply
from tests.makers import current_bars, engine

MATIC = "MATIC-USDT-SWAP"
CONTRACTS = {MATIC: Contract(size="10")}
"""Contracts of ten coins: the candle's `vol_ccy` is ten times its `vol`."""
VALUES = slice(Bar._fields.index("open_ms"), Bar._fields.index("turnover") + 1)


@needs_data
def test_the_recorded_minute_is_equal_in_all_seven_fields() -> None:
    trades, candle = recorded_minute()
    raws = [
        pushed(
            {
                "instId": MATIC, "tradeId": row["trade_id"], "px": row["price"], "sz": row["size"],
                "side": row["side"], "ts": row["created_time"],
            },
            symbol=MATIC,
        )
        for row in trades
    ]  # fmt: skip
    made = engine(symbol=MATIC)
    batch = decode_batch(CONTRACTS, raws)
    assert (len(batch.trades), batch.damaged) == (14, [])
    made.take(batch.trades)
    ours = current_bars(made, MATIC)[Period.M1]

    names = ("open_time", "open", "high", "low", "close", "vol", "vol_ccy", "vol_quote")
    [theirs] = read_bars(
        reply([*(candle[name] for name in names), "1"]),
        int(candle["open_time"]) + 60_000,
        MATIC,
        Period.M1,
        facts.SWAP,
        CONTRACTS[MATIC],
    )
    assert ours[VALUES] == theirs[VALUES]
    assert theirs.state is State.CONFIRMED
    assert ours.trade_count == 14
    ids = [trade[5] for trade in batch.trades]
    assert ids == list(range(ids[0], ids[0] + 14))


@needs_data
def test_the_recorded_minute_is_not_of_the_utc_day_that_its_file_names() -> None:
    """The second minute of the file of 2023-08-21 lies in the afternoon of the 20th: days of files begin at UTC+8."""
    _, candle = recorded_minute()
    day_ms = Period.D1.open_ms(int(candle["open_time"]))
    assert (int(candle["open_time"]) - day_ms) // 60_000 == 16 * 60 + 1
