"""The exchange's daily files: names, columns, rows."""

import pytest

from klagg_tui.exchange.okx import archive
from klagg_tui.exchange.okx.archive import (
    fault_of,
    instrument_of,
    is_header,
    market_of,
    obstacle,
    plain_rows,
    read_name,
    unit_of,
)
from klagg_tui.exchange.okx.facts import SPOT, SWAP

MATIC = "MATIC-USDT-SWAP"
HEADER = "instrument_name,trade_id,side,price,size,created_time"
EARLY = "instrument_name/交易对,trade_id/撮合id,side/交易方向,price/价格,size/数量,created_time/成交时间"
ROW = "MATIC-USDT-SWAP,104136693,buy,0.5747,38.0,1692547262958"


def test_a_day_begins_at_utc_plus_8() -> None:
    found = read_name("MATIC-USDT-SWAP-trades-2023-08-21.zip")
    assert found == (MATIC, 1_692_547_200_000, 1_692_633_600_000)  # 2023-08-20 16:00 UTC


@pytest.mark.parametrize(
    "name",
    ["MATIC-USDT-SWAP-trades-2023-08-41.zip", "MATIC-trades-2023-08-21.zip", "BTCUSDT-aggTrades-2023-08-21.zip", "x"],
)
def test_other_names_say_nothing(name: str) -> None:
    assert read_name(name) is None


@pytest.mark.parametrize(
    ("line", "instrument"),
    [
        (ROW, MATIC),
        (f"{ROW},0", MATIC),
        ('"btc-usdt","7","sell","1","1","1692547262958"', "BTC-USDT"),
        (HEADER, None),
        ("7,61800.30,0.205,70,71,1723161256322,false", None),
        ("MATIC-USDT-SWAP,x,buy,1,1,1", None),
        ("", None),
    ],
)
def test_a_row_names_its_instrument(line: str, instrument: str | None) -> None:
    assert instrument_of(line) == instrument


def test_swaps_are_called_so() -> None:
    assert (market_of(MATIC), market_of("MATIC-USDT")) == (SWAP, SPOT)


def test_rows_become_those_of_aggregate_trades_in_coins() -> None:
    sell = ROW.replace("buy", "SELL").replace("104136693", "104136694") + ",0"
    damaged = ROW.replace("38.0", "x")
    other = ROW.replace("MATIC", "ETH")
    assert plain_rows(MATIC, [HEADER, ROW, sell, damaged, other, ""], "10") == [
        "",
        "104136693,0.5747,380,104136693,104136693,1692547262958,false",
        "104136694,0.5747,380,104136694,104136694,1692547262958,true",
        damaged,
        other,
        "",
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,2,3", "3 columns instead of 6 or 7"),
        (ROW.replace("MATIC", "ETH"), "it is of 'ETH-USDT-SWAP'"),
        (ROW.replace("buy", "both"), "'both' is no side"),
        (ROW.replace("38.0", "x"), "its id, size or time is no number"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(line: str, fault: str) -> None:
    assert fault_of(MATIC, line) == fault


@pytest.mark.parametrize(
    "header", [HEADER, f"{HEADER},source", EARLY], ids=["as it is", "with a source", "of early files"]
)
def test_headers_name_the_columns_that_are_read(header: str) -> None:
    assert is_header(header)
    assert obstacle(MATIC, header, "10") is None


def test_a_row_is_no_header() -> None:
    assert not is_header(ROW)
    assert obstacle(MATIC, ROW, "10") is None


def test_what_cannot_be_read_is_told_in_a_sentence() -> None:
    assert "other columns" in (obstacle(MATIC, "trade_id,side,size,price,created_time", "10") or "")
    assert "add --contract-value" in (obstacle(MATIC, HEADER, None) or "")
    assert "paid in its coin" in (obstacle("BTC-USD-SWAP", HEADER, "100") or "")
    assert obstacle("BTC-USDT", HEADER, None) is None


def test_sizes_of_spot_are_coins_whatever_is_said() -> None:
    assert (unit_of("BTC-USDT", "10"), unit_of(MATIC, "10")) == ("1", "10")
    assert archive.DECIMALS == 12
