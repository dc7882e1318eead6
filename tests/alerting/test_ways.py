"""Which ways the settings name."""

from klagg_tui.alerting.ways import unsent_text, ways_of
from klagg_tui.config import Alerts


def test_each_way_that_is_set_is_one() -> None:
    none = Alerts(bell=True, terminal="auto", desktop=False, command=(), webhook=None)
    assert ways_of(none) == ()
    every = Alerts(bell=True, terminal="auto", desktop=True, command=("say",), webhook="https://example.org/")
    assert [way.name for way in ways_of(every)] == ["desktop", "command", "webhook"]


def test_what_a_simulated_market_does_not_send_is_named() -> None:
    none = Alerts(bell=True, terminal="auto", desktop=False, command=(), webhook=None)
    assert unsent_text(none, "A simulated market") == ""
    two = Alerts(bell=True, terminal="auto", desktop=False, command=("say",), webhook="https://example.org/")
    assert unsent_text(two, "A simulated market") == (
        "A simulated market sends no alerts: command and webhook of the settings are not used. `klagg alerts test` tries what is set."
    )
