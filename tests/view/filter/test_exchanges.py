"""What a filter says of exchanges, coins and quotes."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.evidence import Evidence
from klagg_tui.feed import InstrumentFacts
from klagg_tui.view import filter as filters
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from tests.makers import START, bar

WATCHED = {"okx-swap": "OKX swaps", "okx-spot": "OKX spot", "kraken": "Kraken", "coinbase": "Coinbase Exchange"}


def _row(symbol: str = "okx-swap:BTC-USDT-SWAP", base: str = "BTC", quote: str = "USDT") -> Row:
    row = Row(symbol)
    row.learn(InstrumentFacts(row.venue, WATCHED.get(row.venue, ""), row.title, base, quote))
    row.take(bar(START, symbol=symbol))
    return row


def _passes(text: str, row: Row | None = None, watched: dict[str, str] | None = WATCHED) -> bool:
    return filters.read(text, Scope(watched=watched)).matches(row or _row(), Period.M1, START)


@pytest.mark.parametrize(
    "text",
    ["venue:okx*", "venue:okx", "venue:OKX-SWAP", "exchange:okx", "venue:kraken,okx", "venue=okx-swap", 'venue:"okx swaps"',
     "venue!=kraken", "!venue:kraken", "base:btc", "base:BTC,eth", "coin:b?c", "quote:usd*", "quote=usdt", "quote!=usd",
     "venue:okx* base:btc quote:usd*", "btc", "okx-swap:btc", "okx*:*swap", "symbol:btc", "symbol:*swap", "symbol=btc-usdt-swap",
     "symbol=okx-swap:BTC-USDT-SWAP", "symbol:okx-swap:btc", "symbol:okx*:btc*", "symbol:eth,btc", "/^btc/", "state:form,clos"],
)  # fmt: skip
def test_it_lets_through(text: str) -> None:
    assert _passes(text)


@pytest.mark.parametrize(
    "text",
    ["venue:kraken", "venue!=okx", "!venue:okx", "base:bt", "base:eth,sol", "base!=btc", "quote:usd", "quote:us?", "okx",
     "swaps", "symbol:okx", "symbol:ok*", "symbol=kraken:BTC-USDT-SWAP", "kraken:btc", "okx-swap:eth", "coinbase:btc",
     "/^okx/", "okx-spot:btc"],
)  # fmt: skip
def test_it_keeps_out(text: str) -> None:
    assert not _passes(text)


def test_the_base_is_found_by_a_bare_word_where_the_name_does_not_hold_it() -> None:
    assert _passes("btc", _row("kraken:XXBTZUSD"))


def test_a_short_name_of_a_market_is_read_as_its_exchanges() -> None:
    assert _passes("kraken:btc", _row("kraken:BTC/USD"))
    assert _passes("kraken:btc/*", _row("kraken:BTC/USD"))
    assert _passes("kraken:btc", _row("kraken:BTC/USD"), None), "before it is known which are watched"


@pytest.mark.parametrize("text", ["base:btc", "base!=btc", "quote:*", "quote!=usdt", "venue!=okx"])
def test_what_is_not_known_matches_nothing(text: str) -> None:
    assert not _passes(text, Row("BTCUSDT"))


def test_a_number_that_the_exchange_does_not_tell_matches_nothing() -> None:
    row = _row()
    row.take(bar(START, symbol=row.symbol)._replace(evidence=Evidence.NO_TURNOVER | Evidence.NO_COUNT, turnover=0))
    for text in ("turnover>=0", "turnover<1e9", "trades=0", "trades!=5"):
        assert not _passes(text, row)


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("btc venue:krakn", "No exchange called krakn is watched; near: kraken.", 10),
        ("venue:ok", "No exchange called ok is watched; near: okx-swap, okx-spot.", 6),
        ("venue:kraken,okxx", "No exchange called okxx is watched; near: okx-s", 6),
        ("venue:zzz*", "there are okx-swap, okx-spot, kraken, coinbase", 6),
        ("ok-swap:btc", "near: okx-swap", 0),
        ("krakn:btc", "no column krakn", 0),
    ],
)
def test_an_exchange_that_is_not_watched_is_told_with_its_place_and_what_is_near(
    text: str, said: str, position: int
) -> None:
    with pytest.raises(FilterError) as raised:
        filters.read(text, Scope(watched=WATCHED))
    assert said in str(raised.value)
    assert raised.value.position == position


def test_an_exchange_is_believed_where_nothing_is_known_of_those_that_are_watched() -> None:
    assert not _passes("venue:anything", watched=None)
    assert not _passes("venue:anything", watched={})


def test_a_pattern_of_many_stars_is_read_in_time() -> None:
    assert not _passes(f"symbol:{'*a' * 200}", _row(f"kraken:{'A' * 60}"))
