"""What archive names say."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance.archive import ArchiveName, read_name

DAY = (1_723_075_200_000, 1_723_161_600_000)
AUGUST = (1_722_470_400_000, 1_725_148_800_000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BTCUSDT-aggTrades-2024-08-08.zip", ArchiveName("BTCUSDT", None, *DAY)),
        ("BTCUSDT-aggTrades-2024-08.csv.gz", ArchiveName("BTCUSDT", None, *AUGUST)),
        ("币安人生USDT-aggTrades-2024-08-08.csv", ArchiveName("币安人生USDT", None, *DAY)),
        ("BTCUSDT_240927-1m-2024-08.zip", ArchiveName("BTCUSDT_240927", Period.M1, *AUGUST)),
        ("BTC%2FUSD-1m-2024-08.csv", ArchiveName("BTC/USD", Period.M1, *AUGUST)),
        ("ETHBTC-1mo-2024-08.zip", ArchiveName("ETHBTC", Period.MO1, *AUGUST)),
        ("BTCUSDT-1s-2024-08-08.zip", ArchiveName("BTCUSDT", None, *DAY)),
        ("ethbtc-3d-2024-08.csv", ArchiveName("ETHBTC", Period.D3, *AUGUST)),
        ("folder/BTCUSDT-aggTrades-2024-08-08 (1).csv", ArchiveName("BTCUSDT", None, *DAY)),
    ],
)
def test_a_name_says_symbol_period_and_time(name: str, expected: ArchiveName) -> None:
    assert read_name(name) == expected


@pytest.mark.parametrize(
    "name", ["trades.csv", "BTCUSDT-trades-2024-08-08.zip", "BTCUSDT-7m-2024-08.zip", "BTCUSDT-1m-2024-13.zip", ""]
)
def test_other_names_say_nothing(name: str) -> None:
    assert read_name(name) == ArchiveName()
