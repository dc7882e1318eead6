"""Named lists of symbols."""

from klagg_tui.feed import InstrumentFacts
from klagg_tui.view import watchlists
from klagg_tui.view.model import Row


def test_a_mark_puts_a_symbol_on_a_list_and_takes_it_off() -> None:
    lists = watchlists.toggled((("Mine", ()),), "Mine", "BTCUSDT")
    assert watchlists.symbols_of(lists, "Mine") == ("BTCUSDT",)
    assert watchlists.symbols_of(watchlists.toggled(lists, "Mine", "BTCUSDT"), "Mine") == ()
    assert watchlists.toggled((), "New", "A") == (("New", ("A",)),)


def test_lists_are_made_deleted_and_gone_through_round_and_round() -> None:
    lists = watchlists.added(watchlists.added((), "A"), "B")
    assert watchlists.added(lists, "A") == lists
    assert watchlists.following(lists, "", 1) == "A"
    assert watchlists.following(lists, "B", 1) == ""
    assert watchlists.following(lists, "", -1) == "B"
    assert watchlists.following(lists, "gone", 1) == "A"
    assert watchlists.removed(lists, "A") == (("B", ()),)


def test_a_name_means_the_symbol_on_every_exchange_and_with_an_exchange_that_one_alone() -> None:
    rows = [Row("okx:BTC"), Row("kraken:BTC"), Row("kraken:ETH")]

    def listed(*names: str) -> list[str]:
        return [row.symbol for row in watchlists.listed_rows(rows, names)]

    assert listed("BTC") == ["okx:BTC", "kraken:BTC"]
    assert listed("kraken:ETH", "okx:BTC") == ["kraken:ETH", "okx:BTC"]
    assert listed("okx:ETH") == []
    assert listed() == []
    assert watchlists.entry_of(("BTC", "kraken:ETH"), rows[1]) == "BTC"
    assert watchlists.entry_of(("okx:BTC",), rows[1]) is None


def test_a_name_with_its_exchange_means_the_symbol_also_where_that_one_alone_is_watched() -> None:
    row = Row("BTCUSDT")
    assert watchlists.listed_rows([row], ["binance-um:BTCUSDT"]) == []
    row.learn(InstrumentFacts("binance-um", "Binance", "BTCUSDT", "BTC", "USDT"))
    assert watchlists.listed_rows([row], ["binance-um:BTCUSDT"]) == [row]
    assert watchlists.listed_rows([row], ["okx:BTCUSDT"]) == []


def test_a_list_says_what_the_market_lacks() -> None:
    rows = [Row("okx:BTC"), Row("ETH")]
    assert watchlists.lacking(rows, ("BTC", "X", "okx:BTC", "kraken:BTC", "ETH")) == ("X", "kraken:BTC")
    assert watchlists.lacking([], ("BTC",)) == (), "nothing is known yet"
    assert watchlists.lacking_text("Mine", ()) == ""
    assert watchlists.lacking_text("Mine", ("X",)) == "1 symbol of Mine is not in this market: X."
    told = watchlists.lacking_text("Mine", tuple("UVWXYZ"))
    assert told == "6 symbols of Mine are not in this market: U, V, W, X, Y, …"
