"""Which BTC market a symbol is held against."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar
from klagg_tui.view.screener.peers import Listed, Peers
from tests.view.screener.made import FIRST, Shape, current, minute_bar


class Told:
    def __init__(self, *listed: tuple[str, str, str, str, int]) -> None:
        self.bars: dict[str, list[Bar | None]] = {}
        self.peers = Peers(lambda symbol: self.bars[symbol])
        for symbol, venue, base, quote, lots in listed:
            self.peers.learn(symbol, Listed(venue, base, quote))
            self.trade(symbol, lots)
        self.peers.choose()

    def trade(self, symbol: str, lots: int) -> None:
        self.bars[symbol] = current(minute_bar(FIRST, Shape(lots=lots), symbol=symbol) if lots else None)


def test_it_is_of_the_same_exchange_and_quote_and_trades_most() -> None:
    told = Told(
        ("BTCUSDT", "um", "BTC", "USDT", 5),
        ("BTCUSDT_250926", "um", "BTC", "USDT", 1),
        ("BTCUSDC", "um", "BTC", "USDC", 9),
        ("XBT/EUR", "kraken", "XBT", "EUR", 0),
        ("ETHUSDT", "um", "ETH", "USDT", 7),
        ("ETHUSDC", "um", "ETH", "USDC", 7),
        ("ETH/EUR", "kraken", "ETH", "EUR", 7),
        ("ETH-USD", "coinbase", "ETH", "USD", 7),
    )
    of = told.peers.of
    assert (of("ETHUSDT"), of("ETHUSDC"), of("ETH/EUR")) == ("BTCUSDT", "BTCUSDC", "XBT/EUR")
    assert of("ETH-USD") is None
    assert of("NONE") is None


def test_without_one_in_the_quote_dollars_come_first() -> None:
    told = Told(
        ("BTCTRY", "spot", "BTC", "TRY", 90),
        ("BTCUSDT", "spot", "BTC", "USDT", 5),
        ("ETHEUR", "spot", "ETH", "EUR", 7),
    )
    assert told.peers.of("ETHEUR") == "BTCUSDT"
    told.peers.forget("BTCUSDT")
    told.peers.choose()
    assert told.peers.of("ETHEUR") == "BTCTRY"


def test_another_one_has_to_trade_half_as_much_again() -> None:
    told = Told(
        ("BTCUSDT", "um", "BTC", "USDT", 10), ("BTCUSDT_1", "um", "BTC", "USDT", 1), ("A", "um", "A", "USDT", 1)
    )
    told.trade("BTCUSDT_1", 14)
    told.peers.choose()
    assert told.peers.of("A") == "BTCUSDT"
    told.trade("BTCUSDT_1", 16)
    told.peers.choose()
    assert told.peers.of("A") == "BTCUSDT_1"


def test_only_what_was_not_known_is_news() -> None:
    peers = Peers(lambda _symbol: current())
    assert peers.learn("BTCUSDT", Listed("um", "BTC", "USDT"))
    assert not peers.learn("BTCUSDT", Listed("um", "BTC", "USDT"))
