"""What goes across the screens: help, palette, themes, alerts, export, health, memory, leaving."""

from pathlib import Path

import orjson
import pytest
from textual.color import Color
from textual.command import CommandPalette, Hit
from textual.widgets import Button, Input, Select

from klagg_tui.app import KlaggApp
from klagg_tui.config import Screen as ScreenSettings
from klagg_tui.feed import Mode
from klagg_tui.screens.export import ExportScreen
from klagg_tui.screens.palette_commands import KlaggCommands
from klagg_tui.screens.state_file import StateFile, defaults_from
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.role import HEAT_STEPS, Role
from tests.made_market import MadeMarket
from tests.pilot import opened


async def test_help_names_every_key_the_filter_language_and_the_columns() -> None:
    async with opened((120, 100)) as seen:
        await seen.press("question_mark")
        for part in ("Freeze the picture", "Choose columns", "Alerts", "chg(1d)>5", "part of the volume that takers"):
            assert part in seen.text
        assert "Scroll Left" not in seen.text
        await seen.press("escape", "enter")
        await seen.press("question_mark")
        assert "Help · Symbol" in seen.text
        assert "Crosshair to the left" in seen.text
        await seen.press("j", "k", "q")
        assert seen.app.screen.id == "symbol"


async def test_keys_can_be_changed_and_help_says_so() -> None:
    async with opened((120, 100), keymap={"freeze": "f8", "health": "x"}) as seen:
        await seen.press("f8")
        assert seen.app.state.is_frozen
        await seen.press("space")
        assert seen.app.state.is_frozen
        await seen.press("question_mark")
        assert any("f8" in line and "Freeze" in line for line in seen.lines)
        await seen.press("escape", "x")
        assert seen.app.screen.id == "health"


async def test_the_palette_finds_actions_symbols_themes_and_saved_filters() -> None:
    async with opened(preferences=Preferences(saved_filters=(("mine", "btc"),))) as seen:
        provider = KlaggCommands(seen.app.screen)
        shown = [str(hit.text) async for hit in provider.discover()]
        assert "Freeze the picture, or go on" in shown
        for query, found in (
            ("ethusdt", "ETHUSDT"),
            ("nord", "Theme: nord"),
            ("mine", "Filter: @mine"),
            ("health", "Health"),
        ):
            hits = [str(hit.text) async for hit in provider.search(query)]
            assert any(found in hit for hit in hits)


async def test_a_command_of_the_palette_does_what_it_says() -> None:
    async with opened(preferences=Preferences(saved_filters=(("mine", "btc"),))) as seen:
        await seen.press("colon")
        assert isinstance(seen.app.screen, CommandPalette)
        await seen.type("solusdt")
        await seen.work_done()
        await seen.press("escape")
        await seen.app.open_symbol("SOLUSDT")
        await seen.pilot.pause()
        assert "SOLUSDT" in seen.lines[0]
        await seen.app.open_symbol("ETHUSDT")
        assert "ETHUSDT" in seen.lines[0] or seen.app.screen.id == "symbol"
        await seen.press("escape")
        seen.app.use_saved_filter("mine")
        await seen.pilot.pause()
        assert "2 of 40" in seen.lines[0]


@pytest.mark.parametrize("theme", ["klagg", "nord", "textual-light", "dracula", "ansi-dark", "ansi-light"])
async def test_every_kind_of_theme_can_be_worn(theme: str) -> None:
    async with opened() as seen:
        if theme not in seen.app.available_themes:
            pytest.skip(f"this Textual has no theme {theme}")
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        await seen.beat()
        assert seen.app.state.preferences.theme == theme
        assert len(seen.symbols()) > 20
        await seen.press("enter", "h", "escape", "question_mark", "escape")


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_with_the_terminals_own_colours_small_moves_are_not_drawn_like_large_ones(theme: str) -> None:
    async with opened() as seen:
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        plain = seen.app.state.palette.plain
        assert plain[Role.FAINT].dim
        assert not plain[Role.STRONG].dim
        assert plain[Role.HEAT + HEAT_STEPS + 1].bgcolor == plain[Role.TEXT].bgcolor
        assert plain[Role.HEAT + 2 * HEAT_STEPS].bgcolor != plain[Role.TEXT].bgcolor
        assert seen.app.state.palette.cursor[Role.TEXT].bgcolor != plain[Role.TEXT].bgcolor
        assert seen.app.state.palette.head[Role.TEXT].bgcolor == plain[Role.TEXT].bgcolor


@pytest.mark.parametrize("theme", ["klagg", "textual-light", "solarized-light", "atom-one-light", "nord"])
async def test_gains_and_losses_can_be_read_on_every_ground(theme: str) -> None:
    async with opened() as seen:
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        for style in (seen.app.state.palette.plain[role] for role in (Role.GAIN, Role.LOSS, Role.WARN, Role.MARK)):
            assert style.color is not None
            assert style.bgcolor is not None
            ink, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            assert abs(ink.brightness - ground.brightness) > 0.2


async def test_colours_of_gain_and_loss_change_places() -> None:
    async with opened() as seen:
        gains = []
        for _ in range(4):
            gains.append(seen.app.state.palette.plain[Role.GAIN].color)
            await seen.press("C")
        assert gains[0] == gains[3]
        assert len(set(gains)) == 3


async def test_times_are_local_or_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as seen:
        assert "UTC" in seen.lines[0]
        await seen.press("z")
        assert seen.app.state.preferences.local_time


async def test_an_alert_rings_tells_and_is_listed() -> None:
    async with opened() as seen:
        await seen.press("a")
        assert "none yet" in seen.text
        await seen.press("a", "ctrl+u")
        await seen.type("volx>1")
        await seen.press("enter")
        assert "no column volx" in seen.text
        await seen.press("ctrl+u")
        await seen.type("last>90000")
        await seen.press("enter", "escape")
        await seen.beat()
        seen.feed.play(2_000, 1_000)
        await seen.beat()
        seen.feed.trade_at("BTCUSDT", "90001.5")
        await seen.beat()
        assert len(seen.app._notifications) == 1
        await seen.press("a")
        assert "last>90000  at 90001.5" in seen.text
        seen.feed.trade_at("ETHUSDT", "90002.5")
        await seen.beat()
        assert "90002.5" in seen.text
        await seen.press("k", "j", "d")
        assert seen.app.state.preferences.alerts == ()


async def test_an_alert_that_fires_leaves_the_cursor_of_the_list_alone() -> None:
    async with opened(preferences=Preferences(alerts=("last>90000", "chg>99", "btc last<1"))) as seen:
        await seen.press("a", "down")
        for price in ("1.5", "90001.5"):
            seen.feed.trade_at("ETHUSDT", price)
            await seen.beat()
        assert "90001.5" in seen.text
        await seen.press("d")
        assert seen.app.state.preferences.alerts == ("last>90000", "btc last<1")


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


@pytest.mark.parametrize("key", ["s", "c", "w", "a", "question_mark", "colon", "t"])
async def test_the_market_goes_on_under_whatever_lies_over_it(key: str) -> None:
    async with opened() as seen:
        await seen.press(key)
        assert seen.app.screen.id != "market"
        before = seen.lines[0]
        seen.feed.now_ms += 7_000
        await seen.beat()
        assert seen.lines[0] != before


async def test_keys_that_come_all_at_once_take_their_turn() -> None:
    async with opened() as seen:
        await seen.burst("slash", *"btc", "enter", "m", "down", "s", "l")
        state = seen.app.state
        assert state.filter.text == "btc"
        assert state.preferences.filter_history == ("btc",)
        assert len(dict(state.preferences.watchlists)["Watchlist"]) == 1
        assert state.preferences.sort == "last"
        assert seen.app.screen.id == "market"
        await seen.burst("escape", "enter", "3", "escape", "w", "n", *"Mine", "enter", "tab")
        assert [name for name, _ in state.preferences.watchlists] == ["Watchlist", "Mine"]
        assert state.preferences.shown_list == ""
        assert state.preferences.period == "30m"


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("slash", "ctrl+c"), ("e", "ctrl+c")])
async def test_q_and_ctrl_c_leave_after_the_last_write(keys: tuple[str, ...]) -> None:
    async with opened() as seen:
        for key in keys:
            await seen.press(key)
        assert seen.feed.stopped
        assert seen.app.return_value is False


async def test_the_filters_of_before_are_there_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "screen.json"
    async with opened(state_path=state) as seen:
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("enter")
        await seen.press("q")
    assert orjson.loads(state.read_bytes())["filter_history"] == ["btc"]


async def test_the_palette_shows_a_period_by_its_name_and_nothing_of_textual_but_the_screenshot() -> None:
    async with opened() as seen:
        (hit,) = [hit async for hit in KlaggCommands(seen.app.screen).search("period: 1h")]
        assert isinstance(hit, Hit)
        await hit.command()
        assert seen.app.state.preferences.period == "1h"
        assert [one.title for one in seen.app.get_system_commands(seen.app.screen)] == ["Screenshot"]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_health_shows_figures_notices_and_the_log(size: tuple[int, int]) -> None:
    feed = MadeMarket(10)
    feed.notices = ("REST is slow.",)
    async with opened(size, feed=feed) as seen:
        await seen.press("h")
        await seen.pilot.pause()
        await seen.beat()
        for part in (
            "made market: connected",
            "Trades taken",
            "Gaps found",
            "Memory",
            "REST is slow.",
            "21:00:02 INFO",
        ):
            assert part in seen.text
        await seen.press("h")
        assert seen.app.screen.id == "market"


async def test_an_export_says_what_it_will_be_writes_it_and_says_where(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    async with opened(preferences=Preferences(period="1m", filter="btcusdt"), feed=MadeMarket(5)) as seen:
        await seen.press("e")
        await seen.work_done()
        assert "31 bars, about" in seen.text
        seen.app.screen.query_one("#target", Input).value = str(target)
        await seen.press("ctrl+s")
        await seen.work_done()
        assert "bars in" in seen.text
        assert len(target.read_text(encoding="utf-8").splitlines()) >= 30
        await seen.press("escape")
        assert seen.app.screen.id == "market"


@pytest.mark.parametrize(("keys", "ids"), [("eheh", "eh"), ("ehe", "e"), ("heh", "h"), ("ehehe", "e")])
async def test_export_and_health_from_each_other_are_gone_back_to_and_not_opened_twice(keys: str, ids: str) -> None:
    names = {"e": "export", "h": "health"}
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press(*keys)
        assert [screen.id for screen in seen.app.screen_stack[-len(ids) - 1 :]] == ["market", *map(names.get, ids)]


async def test_a_file_that_an_export_would_replace_is_told_before(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("precious", encoding="utf-8")
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        target = seen.app.screen.query_one("#target", Input)
        for path, is_told in ((there, True), (tmp_path / "new.csv", False)):
            target.value = str(path)
            await seen.pilot.pause()
            await seen.work_done()
            assert ("replaces the file that is there" in seen.text) == is_told


async def test_bars_are_counted_once_the_fingers_rest() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e", "tab")
        await seen.burst(*"51315111", "backspace", "backspace")
        await seen.app.workers.wait_for_complete()
        assert seen.feed.estimates <= 2


async def test_a_form_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        screen = seen.app.screen
        assert isinstance(screen, ExportScreen)
        for field, text, said in (
            ("periods", "7m", "no period"),
            ("periods", "", "at least one period"),
            ("from", "soon", "is no time"),
        ):
            screen.query_one("#periods", Input).value = "1m"
            screen.query_one(f"#{field}", Input).value = text
            await seen.pilot.pause()
            await seen.work_done()
            assert said in seen.text
        screen.query_one("#from", Input).value = ""
        screen.query_one("#target", Input).value = str(tmp_path / "missing" / "deep" / "out.csv")
        screen.query_one("#format", Select).value = screen.query_one("#format", Select).value
        screen.query_one("#start", Button).press()
        await seen.pilot.pause()
        await seen.work_done()
        screen.query_one("#leave", Button).press()
        await seen.pilot.pause()
        assert seen.app.screen.id == "market"


async def test_an_export_form_that_goes_while_its_bars_are_counted_harms_nothing() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        screen = seen.app.screen
        assert isinstance(screen, ExportScreen)
        screen.estimate()
        await seen.pilot.pause()
        await screen.query_one("#form").remove()
        await seen.work_done()
        assert seen.feed.estimates > 0


async def test_all_periods_can_be_named_by_one_word() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#periods", Input).value = "all"
        await seen.pilot.pause()
        await seen.work_done()
        assert seen.feed.estimated is not None
        assert seen.feed.estimated.periods == seen.feed.periods


async def test_choices_are_found_again_at_the_next_start(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "screen.json"
    async with opened(state_path=state) as seen:
        await seen.press("3", "v", "m", "q")
    assert orjson.loads(state.read_bytes())["period"] == "30m"
    async with opened(state_path=state) as seen:
        assert "30m" in seen.lines[0]
        assert "Watchlist 1" in seen.lines[1]
        assert seen.line_with("BTCUSDT").count("%") == 7


@pytest.mark.parametrize("damage", [b"", b"[1", b"\xff\xfe", b"[]", b'{"columns": 3}'])
def test_a_damaged_state_file_costs_only_the_memory(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "screen.json"
    path.write_bytes(damage)
    assert StateFile(path, Preferences()).load() == Preferences()


def test_a_state_folder_that_cannot_be_made_costs_only_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    state_file = StateFile(tmp_path / "file" / "screen.json", Preferences())
    assert state_file.load() == Preferences()
    state_file.update(Preferences(period="1h"))
    state_file.flush()
    state_file.flush()


def test_settings_are_where_choices_begin() -> None:
    settings = ScreenSettings("nord", "red-up", "local", ("symbol", "vol"), {})
    defaults = defaults_from(settings)
    assert (defaults.theme, defaults.tints, defaults.local_time, defaults.columns) == (
        "nord",
        "red-up",
        True,
        ("symbol", "vol"),
    )
    assert defaults_from(None) == Preferences()


async def test_q_leaves_when_the_last_drain_is_written() -> None:
    async with opened() as seen:
        await seen.press("q")
        assert seen.feed.stopped
    assert seen.app.return_code == 0


async def test_an_engine_that_ended_takes_the_screen_along() -> None:
    app = KlaggApp(MadeMarket(5), failure=lambda: RuntimeError("gone"))
    async with app.run_test() as pilot:
        await pilot.pause()
        app.beat()
        await pilot.pause()
    assert app.return_code == 1


async def test_without_the_exchange_one_can_leave_for_the_simulated_market() -> None:
    feed = MadeMarket(5)
    feed.mode = Mode.OFFLINE
    async with opened(feed=feed) as seen:
        assert "simulated market" in seen.lines[-1]
        await seen.press("D")
    assert seen.app.return_value is True
    async with opened() as seen:
        await seen.press("D")
        assert seen.app.is_running
    assert not seen.app.return_value
