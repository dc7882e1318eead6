"""One symbol: chart, periods, tape."""

import pytest
from textual.binding import Binding

from klagg_tui import formatting
from klagg_tui.app import KlaggApp
from klagg_tui.engine import exact
from klagg_tui.screens.chart_choices import CHOICE_KEYS
from klagg_tui.screens.symbol import SymbolScreen
from klagg_tui.screens.widgets.chart import CandleChart
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

BTC = Preferences(period="1m", filter="btcusdt")


def _chart(seen: Seen) -> CandleChart:
    return seen.app.screen.query_one(CandleChart)


async def _open(seen: Seen) -> CandleChart:
    await seen.press("enter")
    await seen.pilot.pause()
    return _chart(seen)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (300, 100)])
async def test_candles_prices_times_and_the_bar_in_numbers_are_there(size: tuple[int, int]) -> None:
    async with opened(size, preferences=BTC) as seen:
        await _open(seen)
        assert "BTCUSDT" in seen.lines[0]
        assert all(name in seen.text for name in (" O ", " H ", " L ", " C ", "Volume", "Turnover", "Trades"))
        assert "┃" in seen.text
        assert ("00:10" if size[0] >= 120 else "00:00") in seen.text.splitlines()[-2]
        assert ("Last trades" in seen.text) == (size[0] >= 100)


async def test_history_is_loaded_and_the_newest_bar_is_at_the_end() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        assert chart.series is not None
        assert len(chart.series.bars) == 31
        assert chart.picture.first + chart.picture.bars == 31


async def test_new_trades_move_the_last_candle() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        seen.feed.trade_at("BTCUSDT", "71234.5")
        await seen.beat()
        assert "C 71,234.5" in seen.lines[2]
        seen.feed.play(400, 60_000)
        await seen.beat()
        assert chart.series is not None
        assert len(chart.series.bars) == 32


async def test_the_crosshair_walks_and_names_its_bar() -> None:
    async with opened(preferences=BTC) as seen:
        await _open(seen)
        await seen.press("left", "left")
        assert "00:28 1m" in seen.lines[2]
        await seen.press("right")
        assert "00:29 1m" in seen.lines[2]
        await seen.press("escape")
        assert "00:30 1m" in seen.lines[2]
        await seen.press("escape")
        assert seen.app.screen.id == "market"


async def test_the_crosshair_takes_the_view_along_and_end_comes_back() -> None:
    async with opened((80, 24), feed=MadeMarket(4, minutes=120, per_minute=5), preferences=BTC) as seen:
        chart = await _open(seen)
        count = chart.picture.bars
        assert count < 100
        await seen.press(*["left"] * (count + 3))
        assert chart.picture.first == 121 - 1 - (count + 3)
        await seen.press("end")
        assert chart.picture.first + chart.picture.bars == 121
        await seen.press("pageup")
        assert chart.picture.first + chart.picture.bars < 121
        await seen.press("home")
        assert chart.picture.first == 0
        await seen.press("pagedown", "shift+right", "shift+left")
        assert chart.picture.first > 0


async def test_zoom_shows_fewer_and_broader_candles() -> None:
    async with opened(feed=MadeMarket(4, minutes=120), preferences=BTC) as seen:
        chart = await _open(seen)
        counts = [chart.picture.bars]
        for key in ("plus", "plus", "plus", "minus", "minus", "minus", "minus"):
            await seen.press(key)
            counts.append(chart.picture.bars)
        assert counts[0] > counts[1] > counts[2] == counts[3] < counts[4] < counts[5] < counts[6] == counts[7]


async def test_the_pointer_is_a_crosshair_too() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.pilot.hover("#chart", offset=(chart.picture.left + 5, 5))
        assert chart.cross == chart.picture.first + 2
        await seen.pilot.hover("#tabs", offset=(5, 0))
        assert chart.cross is None


async def test_averages_and_the_volume_weighted_price_are_switched() -> None:
    async with opened(feed=MadeMarket(4, minutes=60, per_minute=9), preferences=BTC) as seen:
        await _open(seen)
        assert any(letter in seen.text for letter in "⠉⠒⠤⣀")
        await seen.press("a")
        assert not any(letter in seen.text for letter in "⠉⠒⠤⣀")
        await seen.press("w")
        assert any(letter in seen.text for letter in "⠉⠒⠤⣀")
        assert seen.app.state.preferences.indicators == ("vwap",)


async def test_a_number_shows_another_period_of_the_symbol() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.press("2")
        await seen.pilot.pause()
        assert chart.series is not None
        assert len(chart.series.bars) == 7
        await seen.press("7")
        assert "2024-08-05 00:00 1w" in seen.lines[2]


async def test_n_goes_to_the_next_symbol_of_the_table() -> None:
    async with opened(preferences=Preferences(filter="usdc", sort="symbol", descending=False)) as seen:
        await _open(seen)
        names = []
        for key in ("n", "n", "n", "N"):
            names.append(seen.lines[0].split("demo")[1].split()[0])
            await seen.press(key)
        assert names == ["BTCUSDC", "ETHUSDC", "SOLUSDC", "BTCUSDC"]


async def test_the_tape_shows_the_last_trades_of_the_symbol_only_while_it_is_on_view() -> None:
    async with opened(preferences=BTC) as seen:
        await _open(seen)
        assert "none yet" in seen.text
        seen.feed.trade_at("BTCUSDT", "60123.4")
        await seen.beat()
        assert "60,123.4" in "\n".join(line[80:] for line in seen.lines)
        await seen.press("escape")
        assert seen.feed.followed is None


async def test_every_period_is_listed_with_its_change() -> None:
    async with opened(preferences=BTC) as seen:
        await _open(seen)
        side = "\n".join(line[80:] for line in seen.lines)
        for period in ("1m", "5m", "30m", "1h", "4h", "1d", "1w"):
            assert f" {period} " in side


async def test_the_market_is_as_it_was_when_one_comes_back() -> None:
    async with opened() as seen:
        await seen.press("down", "down", "enter")
        await seen.press("escape")
        assert len(seen.symbols()) > 20
        seen.feed.trade_at("BTCUSDT", "55555.5")
        await seen.beat()
        assert "55,555.5" in seen.line_with("BTCUSDT")


def test_no_key_of_the_chart_does_two_things_and_no_action_shares_its_name_with_one_of_the_app() -> None:
    bound = (*SymbolScreen.BINDINGS, *CHOICE_KEYS)
    own = [binding for binding in bound if isinstance(binding, Binding)]
    keys = [key for binding in own for key in binding.key.split(",")]
    assert len(set(keys)) == len(keys)
    names = [binding.id for binding in (*own, *KlaggApp.BINDINGS) if isinstance(binding, Binding)]
    assert len(set(names)) == len(names)


async def test_an_alert_is_made_at_the_price_under_the_crosshair_and_seen_on_the_chart_and_in_the_table() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.press("A")
        assert not seen.app.state.alerts.texts
        await seen.press("left", "left", "left")
        assert chart.current_bar is not None
        price = exact.price_text(chart.current_bar.close)
        row = seen.app.state.live.rows["BTCUSDT"]
        assert row.last is not None
        sign = ">" if chart.current_bar.close > row.last else "<"
        await seen.press("A", "escape")
        (alert,) = seen.app.state.alerts.all
        assert (alert.text, alert.repeat.value) == (f"symbol=BTCUSDT last{sign}{price}", "once")
        assert "◇" in seen.text
        await seen.press("escape")
        assert "◇BTCUSDT" in seen.line_with("BTCUSDT  ")
        await seen.beat()
        seen.feed.trade_at("BTCUSDT", "1.5" if sign == "<" else "999999.5")
        await seen.beat()
        assert "◆BTCUSDT" in seen.line_with("BTCUSDT  ")


async def test_an_alert_above_the_newest_price_waits_for_more() -> None:
    async with opened(preferences=BTC) as seen:
        await _open(seen)
        seen.feed.trade_at("BTCUSDT", "1.5")
        await seen.beat()
        await seen.press("left", "left", "A")
        (alert,) = seen.app.state.alerts.all
        assert "last>" in alert.text


async def test_indicators_are_switched_by_their_keys_and_that_is_kept() -> None:
    async with opened((120, 50), feed=MadeMarket(4, minutes=60, per_minute=9), preferences=BTC) as seen:
        await _open(seen)
        await seen.press("r", "c", "a")
        assert " RSI 14 " in seen.text
        assert " CVD " in seen.text
        assert seen.app.state.preferences.indicators == ("cvd", "rsi")


@pytest.mark.parametrize(("width", "step"), [(80, 1), (119, 1), (120, 2), (200, 2)])
async def test_from_120_columns_on_a_candle_has_two_cells(width: int, step: int) -> None:
    async with opened((width, 40), preferences=BTC) as seen:
        chart = await _open(seen)
        assert chart.step == step
        picture = chart.picture
        assert picture.plot_width - picture.left == picture.bars * step + (picture.plot_width % step)
        await seen.press("plus")
        assert chart.step == (2 if step == 1 else 4)
        await seen.resize(200 if width < 120 else 80, 40)
        await until(lambda: seen.app.size.width != width)
        assert chart.step == (2 if step == 1 else 4)  # chosen is chosen


@pytest.mark.parametrize("width", [80, 120])
async def test_crosshair_and_price_line_stand_where_their_prices_are(width: int) -> None:
    async with opened((width, 40), preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.press("left", "left", "left", "A")
        picture = chart.picture
        assert chart.series is not None
        assert chart.cross is not None
        assert picture.scale is not None
        close = chart.series.bars[chart.cross].close
        row = picture.scale.row(close)
        crossed = "".join(piece.text for piece in picture.rows[row])
        x = picture.left + (chart.cross - picture.first) * chart.step
        assert f"╴{formatting.grouped_price(close, chart.decimals)}" in crossed
        assert picture.bar_at(x, chart.step) == chart.cross
        assert sum("".join(piece.text for piece in line)[x] == "┊" for line in picture.rows) > 10
        chart.hide_cross()
        marked = "".join(piece.text for piece in chart.picture.rows[row])
        assert f"◇{formatting.grouped_price(close, chart.decimals)}" in marked
        assert marked.count("╌") > chart.picture.plot_width // 2


async def test_a_vwap_is_anchored_at_the_crosshair_and_taken_away_there() -> None:
    async with opened((120, 40), feed=MadeMarket(4, minutes=60, per_minute=9), preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.work_done()
        await seen.press("left", "left", "left", "W")
        assert chart.series is not None
        assert chart.cross is not None
        anchored_ms = chart.series.bars[chart.cross].open_ms
        assert seen.app.state.anchors == {"BTCUSDT": anchored_ms}
        assert " AVWAP  " in seen.text
        await seen.press("left", "W")
        assert chart.anchored_ms == anchored_ms - 60_000
        await seen.press("2")
        await seen.work_done()
        assert " AVWAP  " in seen.text  # in another period it begins with the bar that holds that moment
        await seen.press("1", "escape", "escape", "enter")
        await seen.work_done()
        assert " AVWAP  " in seen.text
        await seen.press("left", "left", "left", "left", "W")
        assert not seen.app.state.anchors
        assert " AVWAP  " not in seen.text


async def test_without_a_crosshair_a_vwap_is_anchored_at_the_first_bar_on_view() -> None:
    async with opened((120, 40), feed=MadeMarket(4, minutes=120, per_minute=9), preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.work_done()
        await seen.press("W")
        assert chart.series is not None
        assert chart.anchored_ms == chart.series.bars[chart.picture.first].open_ms
        await seen.press("W")
        assert chart.anchored_ms is None


async def test_the_volume_profile_is_switched_and_kept() -> None:
    async with opened((120, 40), preferences=BTC) as seen:
        chart = await _open(seen)
        count = chart.picture.bars
        await seen.press("v")
        assert "POC" in seen.text
        assert chart.picture.plot_width < 80
        assert chart.picture.bars <= count
        assert "profile" in seen.app.state.preferences.indicators
        await seen.press("v")
        assert "POC" not in seen.text


async def test_the_scale_is_logarithmic_or_not_and_that_is_kept() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        assert chart.picture.scale is not None
        assert not chart.picture.scale.is_log
        await seen.press("y")
        assert seen.app.state.preferences.log_scale
        assert chart.picture.scale.is_log


async def test_a_date_is_jumped_to_and_a_wrong_one_is_refused() -> None:
    async with opened((80, 24), feed=MadeMarket(4, minutes=120, per_minute=5), preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.work_done()
        await seen.press("J")
        await seen.type("soon")
        await seen.press("enter")
        assert "is no time" in seen.text
        await seen.press("escape", "J")
        await seen.type("2024-08-08T00:20")
        await seen.press("enter")
        await seen.work_done()
        assert chart.cross == 20
        assert chart.picture.first <= 20 < chart.picture.first + chart.picture.bars
        assert "00:20 1m" in seen.lines[2]


async def test_a_date_before_all_bars_shows_the_oldest_and_says_so() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _open(seen)
        await seen.work_done()
        await seen.press("J")
        await seen.type("2020-01-01")
        await seen.press("enter")
        await seen.work_done()
        assert chart.cross == 0
        assert any("the exchange has no older bars" in told.message for told in seen.app._notifications)
