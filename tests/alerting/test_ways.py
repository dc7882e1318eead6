"""Which ways the settings name."""

from klagg_tui.alerting.ways import ways_of
from klagg_tui.config import Alerts


def test_each_way_that_is_set_is_one() -> None:
    none = Alerts(bell=True, terminal="auto", desktop=False, command=(), webhook=None)
    assert ways_of(none) == ()
    every = Alerts(bell=True, terminal="auto", desktop=True, command=("say",), webhook="https://example.org/")
    assert [way.name for way in ways_of(every)] == ["desktop", "command", "webhook"]
