"""What is run for which settings: above all, that bars of two markets never meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from klagg_tui.config import Settings, VenueTable, defaults
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import CandleFacts
from klagg_tui.runtime import plans
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.plans import SIMULATED, demo_plan, history_of, live_plan, minutes_of, several_demo_plan
from klagg_tui.runtime.several import SeveralMarkets

SPOT = "binance-spot"
HERE = ("http://127.0.0.1:8808", "ws://127.0.0.1:8808")
REAL_URLS = ("https://fapi.binance.com", "wss://fstream.binance.com/market/stream")


def _settings(rest_url: str, ws_url: str) -> Settings:
    settings = defaults()
    return replace(settings, market=replace(settings.market, rest_url=rest_url, ws_url=ws_url))


def test_without_a_word_it_is_the_real_market() -> None:
    plan = live_plan(defaults())
    assert (plan.market, plan.source().market) == (venue().key, "Binance USDⓈ-M")


@pytest.mark.parametrize(
    ("urls", "name"),
    [
        (HERE, "127.0.0.1:8808"),
        (("https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"), "demo-fapi.binance.com"),
        (("https://fapi.binance.com.example.org", "wss://example.org"), "fapi.binance.com.example.org"),
    ],
)
def test_any_other_exchange_goes_by_its_address_on_screen_and_in_the_database(urls: tuple[str, str], name: str) -> None:
    plan = live_plan(_settings(*urls))
    assert (plan.market, plan.source().market) == (f"{venue().key}@{urls[0]}", name)


@pytest.mark.parametrize("urls", [(HERE[0], REAL_URLS[1]), (REAL_URLS[0], HERE[1])])
def test_trades_of_the_real_market_do_not_meet_bars_of_a_simulated_one(urls: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match="give both --rest-url and --ws-url"):
        live_plan(_settings(*urls))


def test_the_demo_has_a_database_of_its_own_and_is_called_simulated(tmp_path: Path) -> None:
    plan = demo_plan(*HERE, tmp_path / "demo.db", (Period.M1,))
    assert (plan.market, plan.database, plan.periods) == (
        f"{venue().key}@{SIMULATED}",
        tmp_path / "demo.db",
        (Period.M1,),
    )
    assert plan.source().market == "simulated market"
    assert plan.source().is_live


def test_old_bars_are_deleted_only_where_the_settings_say_for_how_long_to_keep_them() -> None:
    settings = defaults()
    assert live_plan(settings).background == ()
    kept = replace(settings, storage=replace(settings.storage, keep={Period.M1: 3_600_000}))
    assert len(live_plan(kept).background) == 1


def test_several_exchanges_are_one_source_and_each_has_its_own_mark_and_wishes() -> None:
    settings = defaults()
    market = replace(
        settings.market,
        venues=(venue().key, SPOT),
        symbols=("BTC*", f"{SPOT}:ETHUSDT"),
        contract_types=("CURRENT_QUARTER",),
    )
    table = VenueTable(rest_url=HERE[0], ws_url=HERE[1], quote=("USDC",))
    plan = live_plan(replace(settings, market=market, venue={SPOT: table}))
    assert (plan.market, plan.others) == (venue().key, (f"{SPOT}@{HERE[0]}",))
    source = plan.source()
    assert isinstance(source, SeveralMarkets)
    assert source.market == "Binance USDⓈ-M, Binance spot at 127.0.0.1:8808"
    um, spot = (cast("LiveFeed", one)._endpoint for one in source.sources.values())
    assert um.symbols == SymbolFilter(("BTC*",), (), ("CURRENT_QUARTER",))
    assert spot.symbols == SymbolFilter(("BTC*", "ETHUSDT"), ("USDC",), venue(SPOT).contract_types[:1])
    assert (um.rest_url, spot.rest_url) == (venue().rest_url, HERE[0])


def test_history_is_a_good_page_of_the_exchange_and_never_more_than_it_has() -> None:
    settings = defaults()
    few = replace(venue(SPOT), candle=CandleFacts(reach=720))
    assert history_of(settings, venue(SPOT)) == venue(SPOT).requests.best_bars
    assert history_of(settings, few) == min(720, few.requests.best_bars)
    asked = replace(settings, market=replace(settings.market, history=5_000))
    assert (history_of(asked, venue(SPOT)), history_of(asked, few)) == (5_000, 720)


def test_minutes_are_a_day_and_some_unless_history_is_asked_for_or_they_would_be_made_of_trades() -> None:
    settings = defaults()
    reaching = replace(venue(SPOT), candle=CandleFacts(reach=720))
    making = replace(venue(SPOT), candle=CandleFacts(reach=720, makes_older_minutes=True))
    assert [minutes_of(settings, one) for one in (venue(SPOT), reaching, making)] == [1_450, 720, 0]
    asked = replace(settings, market=replace(settings.market, history=100))
    assert minutes_of(asked, venue(SPOT)) == 0
    endpoint = cast("LiveFeed", live_plan(settings).source())._endpoint
    assert (endpoint.history, endpoint.minutes) == (venue().requests.best_bars, 1_450)


def test_a_demo_of_several_exchanges_is_marked_by_each(tmp_path: Path) -> None:
    periods = (Period.M1,)
    alone = several_demo_plan({venue().key: HERE}, tmp_path / "demo.db", periods)
    assert alone.market == f"{venue().key}@{SIMULATED}"
    both = several_demo_plan({venue().key: HERE, SPOT: HERE}, tmp_path / "demo.db", periods)
    assert (both.market, both.others) == (f"{venue().key}@{SIMULATED}", (f"{SPOT}@{SIMULATED}",))
    assert both.source().market == "Binance USDⓈ-M, simulated, Binance spot, simulated"


def test_a_plan_says_whose_bars_open_at_the_close_before(monkeypatch: pytest.MonkeyPatch) -> None:
    before = replace(venue(SPOT), candle=CandleFacts(opens_at_previous_close=True))
    monkeypatch.setattr(plans, "venue", lambda *key: before if key == (SPOT,) else venue(*key))
    settings = defaults()
    both = replace(settings, market=replace(settings.market, venues=(venue().key, SPOT)))
    assert (live_plan(settings).previous_close, live_plan(both).previous_close) == ((), (SPOT,))
