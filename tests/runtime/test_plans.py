"""What is run for which settings: above all, that bars of two markets never meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.config import Settings, defaults
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.registry import venue
from klagg_tui.runtime.plans import SIMULATED, demo_plan, live_plan

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
