"""Toasts of alerts."""

import sys

import pytest

from klagg_tui.screens.toasts import AlertToasts, TerminalSigns, is_terminal
from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_an_alert_that_fires_for_many_shows_one_toast_and_lists_all() -> None:
    async with opened(preferences=Preferences(alerts=("last>90000",))) as seen:
        names = [row.symbol for row in seen.app.state.live.rows.values()][:8]
        for price in ("1.5", "90001.5"):
            for name in names[:7]:
                seen.feed.trade_at(name, price)
            await seen.beat()
        (toast,) = seen.app._notifications
        assert toast.message.count("\n") == 3
        assert "… and 4 more" in toast.message
        seen.app._toasts._beats_left = 1_000  # the next one has to wait
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at(names[7], price)
            await seen.beat()
        assert len(seen.app.state.fired) == 8
        assert len(seen.app._notifications) == 1
        seen.app._toasts._beats_left = 0
        await seen.beat()
        assert len(seen.app._notifications) == 2


class _Terminal:
    """The end of a terminal, or of a pipe."""

    def __init__(self, *, is_one: bool) -> None:
        self.is_one = is_one

    def isatty(self) -> bool:
        return self.is_one


@pytest.mark.parametrize("is_one", [True, False], ids=["terminal", "pipe"])
async def test_a_terminal_is_told_to_show_a_notification_and_a_pipe_is_not(
    monkeypatch: pytest.MonkeyPatch, is_one: bool
) -> None:
    written: list[str] = []
    rung: list[int] = []
    async with opened(preferences=Preferences(alerts=("last>90000",))) as seen:
        seen.app._toasts = AlertToasts(seen.app, TerminalSigns(bell=False, form="osc9"))
        monkeypatch.setattr(type(seen.app), "is_headless", False)
        monkeypatch.setattr(seen.app, "bell", lambda: rung.append(1))
        assert seen.app._driver is not None
        monkeypatch.setattr(seen.app._driver, "write", written.append)
        monkeypatch.setattr(sys, "__stdout__", _Terminal(is_one=is_one))
        monkeypatch.setattr(sys, "__stderr__", _Terminal(is_one=True))
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at("ETHUSDT", price)
            await seen.beat()
        monkeypatch.undo()
    told = [text for text in written if "\x1b]9" in text]
    assert told == (["\x1b]9;klagg alert: ETHUSDT at 90,001.50: last>90000\x07"] if is_one else [])
    assert not rung


def test_without_any_end_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stdout__", None)
    assert not is_terminal()
