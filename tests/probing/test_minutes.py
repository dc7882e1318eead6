"""Which minutes can be judged: what is not known of one speaks neither for nor against anything."""

from __future__ import annotations

from klagg_tui.engine.bar import State
from klagg_tui.exchange.venue import Ids
from klagg_tui.probing.listening import Heard
from klagg_tui.probing.minutes import TheirBars, steady, whole
from tests.makers import MINUTE, START, bar, trade


def test_a_bar_that_was_forming_and_one_that_was_refused_are_unknown_and_not_missing() -> None:
    theirs = TheirBars()
    over = bar()
    theirs.take("A", [START, START + MINUTE], [over, bar(START + MINUTE, state=State.FORMING)])
    theirs.take("B", [START, START + MINUTE], None)
    assert theirs.bars == {("A", START): over}
    assert theirs.unclear == {("A", START + MINUTE), ("B", START), ("B", START + MINUTE)}


def test_trades_are_all_there_of_symbols_that_were_served_in_time_and_never_lost() -> None:
    trades = [trade(1), trade(2)]
    heard = Heard({"A": trades, "B": trades, "C": trades}, {"A": START, "B": START + 1, "C": START, "D": START})
    heard.lost.add("C")
    assert whole(heard, {}, Ids.DENSE, START) == {"A": trades, "D": []}
    assert list(steady(heard)) == ["A", "B"]


def test_a_hole_in_the_ids_is_filled_by_what_was_fetched() -> None:
    heard = Heard({"A": [trade(1), trade(3)]}, {"A": START})
    assert whole(heard, {}, Ids.DENSE, START) == {}
    assert whole(heard, {}, Ids.NONE, START) == {"A": [trade(1), trade(3)]}
    assert whole(heard, {"A": [trade(2)]}, Ids.DENSE_IN_REST, START) == {"A": [trade(1), trade(2), trade(3)]}
