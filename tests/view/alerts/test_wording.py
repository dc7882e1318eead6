"""How often an alert fires, and what is said when one did."""

import pytest

from klagg_tui.alert import Alert, Firing, Repeat
from klagg_tui.errors import BadTime
from klagg_tui.view.alerts.wording import exact_sentence, repeat_text, sentence, shown_value, with_repeat
from tests.makers import START

DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "repeat", "pause_ms", "until_ms", "shown"),
    [
        ("once", Repeat.ONCE, 60_000, None, "once"),
        ("every 15m", Repeat.AGAIN, 900_000, None, "every 15m"),
        ("", Repeat.AGAIN, 60_000, None, "every 1m"),
        ("until 2024-08-10", Repeat.UNTIL, 60_000, START + 2 * DAY, "until 2024-08-10 00:00"),
        ("every 1h, until +2d", Repeat.UNTIL, 3_600_000, START + 2 * DAY, "every 1h, until 2024-08-10 00:00"),
        ("until 2024-08-10 00:00", Repeat.UNTIL, 60_000, START + 2 * DAY, "until 2024-08-10 00:00"),
        ("every 90s", Repeat.AGAIN, 90_000, None, "every 90s"),
    ],
)
def test_how_often_is_read_as_it_is_written(
    text: str, repeat: Repeat, pause_ms: int, until_ms: int | None, shown: str
) -> None:
    alert = with_repeat(Alert("last>1", has_ended=True), text, START)
    assert (alert.repeat, alert.pause_ms, alert.until_ms, alert.has_ended) == (repeat, pause_ms, until_ms, False)
    assert repeat_text(alert) == shown
    assert with_repeat(Alert("last>1"), shown, START) == with_repeat(Alert("last>1"), text, START)


@pytest.mark.parametrize(
    "text",
    [
        "twice",
        "every",
        "every 0s",
        "every 60d",
        "every day",
        "until",
        "once more",
        "until 2024-08-07",
        "until +0h",
        "until later",
        "every 1s",
        "every 31d",
    ],
)
def test_what_does_not_say_how_often_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        with_repeat(Alert("last>1"), text, START)


def test_what_is_said_has_all_that_is_known() -> None:
    fired = Firing(START, "BTCUSDT", "", "last>1", "Up", "2.5", "last 2.5", 1)
    assert sentence(fired) == "BTCUSDT at 2.5: Up (last>1) (last 2.5)"
    assert sentence(fired._replace(name="", price="", value="")) == "BTCUSDT: last>1"
    assert (fired.title, fired._replace(name="").title) == ("Up", "last>1")
    assert (Alert("last>1", name="Up").title, Alert("last>1").title) == ("Up", "last>1")


def test_people_read_thousands_with_commas_and_programs_without() -> None:
    value = "vwap(1d) 70123.4, last-60000 -9876.5, rvol(5m) 1234, chg(1440m) 12.5, usd 1e+06"
    fired = Firing(START, "BTCUSDT", "", "last>70000", "", "70001.50", value, 1)
    assert sentence(fired) == (
        "BTCUSDT at 70,001.50: last>70000 "
        "(vwap(1d) 70,123.4, last-60000 -9,876.5, rvol(5m) 1,234, chg(1440m) 12.5, usd 1e+06)"
    )
    assert exact_sentence(fired) == f"BTCUSDT at 70001.50: last>70000 ({value})"
    assert shown_value(fired._replace(value="")) == ""
