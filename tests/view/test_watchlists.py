"""Named lists of symbols."""

from klagg_tui.view import watchlists


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
