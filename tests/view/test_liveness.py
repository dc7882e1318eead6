"""Whether what is shown is now."""

from klagg_tui.feed import Mode, Status
from klagg_tui.view.liveness import is_stale_feed, liveness
from tests.made_market import MadeMarket
from tests.makers import START


def test_a_live_market_that_is_silent_is_stale_and_a_replay_is_not() -> None:
    assert is_stale_feed(Status("x", Mode.LIVE, START + 16_000), START)
    assert not is_stale_feed(Status("x", Mode.LIVE, START + 15_000), START)
    assert is_stale_feed(Status("x", Mode.LIVE, START, is_behind=True), START)
    assert not is_stale_feed(Status("x", Mode.REPLAY, START + 16_000), START)


def test_liveness_is_one_word() -> None:
    status = MadeMarket(1).status()
    assert liveness(status, frozen=True, stale=True) == "frozen"
    assert liveness(status, frozen=False, stale=True) == "stale"
    assert liveness(status, frozen=False, stale=True, has_trades=False) == "starting"
    attached = status._replace(attached="4711")
    assert liveness(attached, frozen=False, stale=True, has_trades=False) == "starting"
    assert liveness(attached.behind(), frozen=False, stale=True, has_trades=False) == "stale"  # the recorder is gone
    assert liveness(attached.behind(), frozen=True, stale=True) == "frozen"
    assert liveness(status, frozen=False, stale=False) == "demo"
    assert liveness(status._replace(mode=Mode.OFFLINE), frozen=False, stale=True) == "offline"
    replay = status._replace(mode=Mode.REPLAY, connection="reading")
    words = [liveness(replay._replace(connection=word), frozen=False, stale=False) for word in ("", "paused", "ended")]
    assert words == ["replay", "paused", "ended"]
