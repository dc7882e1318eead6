"""Toasts of alerts."""

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
