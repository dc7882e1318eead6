"""Which symbols are followed, when the exchange's listing says so and when it cannot be read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.errors import Unreachable
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.messages import ContractChanged
from klagg_tui.exchange.reading import MOST_LISTED
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.transport import http as http_module
from klagg_tui.feed import InstrumentFacts
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.universe import SymbolUniverse
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair
from tests.makers import DAY, MINUTE, START, bar, trade

NOW_MS = 1_790_000_040_000
NAMES = [f"COIN{number}USDT" for number in range(20)]
PERIODS = (Period.M1,)


def entry(name: str, /, **changes: object) -> dict[str, Any]:
    made = {
        "symbol": name,
        "quoteAsset": "USDT",
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "pricePrecision": 2,
        "quantityPrecision": 3,
    } | changes
    return {field: value for field, value in made.items() if value is not ...}


class Scene:
    """A universe around an engine, and what the exchange will say it lists."""

    def __init__(self) -> None:
        self.entries: list[object] = [entry(name) for name in NAMES]
        self.reply: object = ...
        self.klines: list[object] = []
        self.host: EngineHost
        self.store: Store
        self.context: LiveContext
        self.universe: SymbolUniverse

    async def answer(self, request: web.Request) -> web.Response:
        if request.path.endswith("klines"):
            return web.Response(body=json.dumps(self.klines).encode())
        reply = {"symbols": self.entries} if self.reply is ... else self.reply
        return web.Response(body=json.dumps(reply).encode())

    def change(self, name: str, /, **changes: object) -> None:
        self.entries[NAMES.index(name)] = entry(name, **changes)

    @property
    def followed(self) -> set[str]:
        return set(self.host.engine.symbols())

    @property
    def is_woken(self) -> bool:
        """Whether the listing is to be asked for at once; asking forgets it."""
        is_set = self.universe._wake.is_set()
        self.universe._wake.clear()
        return is_set

    @property
    def notice(self) -> str | None:
        return self.host.notices.get("unread")

    async def active(self) -> set[str]:
        return {known.symbol for known in await self.store.symbols() if known.active}


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(http_module, "_FIRST_PAUSE_S", 0.001)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    scene = Scene()
    app = web.Application()
    app.router.add_get("/{path:.*}", scene.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with (
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(url, NOW_MS) as data,
    ):
        scene.store = store
        scene.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, lambda: NOW_MS)
        scene.context = LiveContext(scene.host, store, venue(), data)
        scene.universe = SymbolUniverse(scene.context, SymbolFilter(), lambda _: None)
        await scene.universe.reconcile()
        assert scene.followed == set(NAMES)
        yield scene
    await runner.cleanup()


async def test_the_screen_is_told_what_the_listing_says_of_each_symbol(scene: Scene) -> None:
    told = (await scene.host.update()).instruments
    assert set(told) == set(NAMES)
    listed = {one.symbol: one for one in (await scene.context.market_data.instruments()).instruments}
    for name, facts in told.items():
        assert facts == InstrumentFacts(
            venue().key,
            venue().name,
            name,
            listed[name].base,
            listed[name].quote,
            tells_derivatives=True,
            listed_ms=listed[name].listed_ms,
        )
    scene.entries.append(entry("NEWUSDT") | {"onboardDate": 1_600_000_000_000})
    await scene.universe.reconcile()
    told = (await scene.host.update()).instruments
    assert {name: facts.listed_ms for name, facts in told.items()} == {"NEWUSDT": 1_600_000_000_000}


async def test_what_the_listing_says_of_each_symbol_is_kept_for_the_next_start(scene: Scene) -> None:
    scene.change(NAMES[0], baseAsset="COIN")
    await scene.universe.reconcile()
    pairs = await scene.store.pairs()
    assert pairs == {name: Pair("COIN" if name == NAMES[0] else "", "USDT") for name in NAMES}


async def test_what_is_listed_is_followed_and_what_is_taken_off_is_left(scene: Scene) -> None:
    scene.change(NAMES[0], status="SETTLING")
    del scene.entries[1]
    scene.entries.append(entry("NEWUSDT"))
    await scene.universe.reconcile()
    assert scene.followed == {*NAMES[2:], "NEWUSDT"}
    assert await scene.active() == scene.followed
    assert scene.notice is None


async def test_an_odd_entry_leaves_its_symbol_followed_and_is_told(scene: Scene) -> None:
    scene.change(NAMES[3], pricePrecision="two")
    await scene.universe.reconcile()
    assert scene.followed == set(NAMES)
    assert await scene.active() == set(NAMES)
    assert scene.notice == (
        "1 of 20 entries in the exchange's listing cannot be read (an id or count is not a whole number within range): "
        "their symbols stay as they were."
    )


async def test_a_status_that_nobody_knows_takes_no_symbol_off(scene: Scene) -> None:
    scene.change(NAMES[3], status="RESTING")
    await scene.universe.reconcile()
    assert NAMES[3] in scene.followed
    assert "the status 'RESTING' is unknown" in str(scene.notice)


async def test_an_entry_without_a_name_may_be_of_any_symbol_that_is_not_there(scene: Scene) -> None:
    scene.change(NAMES[0], symbol=...)
    scene.change(NAMES[1], status="SETTLING")
    await scene.universe.reconcile()
    assert scene.followed == {NAMES[0], *NAMES[2:]}
    assert "the field 'symbol' is missing" in str(scene.notice)


async def test_where_much_cannot_be_read_nobody_is_taken_off(scene: Scene) -> None:
    for name in NAMES[:3]:
        scene.change(name, quoteAsset=...)
    scene.change(NAMES[5], status="SETTLING")
    await scene.universe.reconcile()
    assert scene.followed == set(NAMES)
    assert await scene.active() == set(NAMES)
    assert str(scene.notice).startswith(
        "3 of 20 entries in the exchange's listing cannot be read (the field 'quoteAsset'"
    )


@pytest.mark.parametrize("reply", [{}, [], {"symbols": {}}, {"symbols": []}, {"list": [entry("BTCUSDT")]}], ids=repr)
async def test_a_reply_without_a_readable_list_takes_nobody_off(scene: Scene, reply: object) -> None:
    scene.reply = reply
    with pytest.raises(Unreachable, match="cannot be read"):
        await scene.universe.reconcile()
    assert scene.followed == set(NAMES)


async def test_a_changed_shape_of_all_entries_takes_nobody_off(scene: Scene) -> None:
    scene.entries = [{"name": name} for name in NAMES]
    await scene.universe.reconcile()
    assert scene.followed == set(NAMES)
    assert await scene.active() == set(NAMES)
    assert str(scene.notice).startswith("20 of 20 entries")


async def test_the_notice_goes_when_everything_can_be_read_again(scene: Scene) -> None:
    scene.change(NAMES[3], status=...)
    await scene.universe.reconcile()
    assert scene.notice
    scene.change(NAMES[3])
    await scene.universe.reconcile()
    assert scene.notice is None


async def test_a_name_whose_entry_cannot_be_read_is_not_called_unknown(scene: Scene) -> None:
    scene.change(NAMES[3], status=...)
    choice = SymbolFilter((NAMES[3], NAMES[4], "NOBODYUSDT"))
    data = scene.universe._context.market_data
    await SymbolUniverse(LiveContext(scene.host, scene.store, venue(), data), choice, lambda _: None).reconcile()
    assert "NOBODYUSDT" in scene.host.notices["symbols"]
    assert NAMES[3] not in scene.host.notices["symbols"]


async def test_a_followed_name_that_was_listed_anew_since_its_newest_trade_is_begun_again(scene: Scene) -> None:
    for name, traded_ms in (("COIN3USDT", NOW_MS - 3 * DAY), ("COIN4USDT", NOW_MS)):
        scene.host.handle([SeedBars(name, traded_ms // MINUTE * MINUTE, (), None, 500)])
        scene.host.handle([trade(500, traded_ms, symbol=name)])
        scene.universe._context.contracts[name] = Contract(NOW_MS - 9 * DAY)
        scene.change(name, onboardDate=NOW_MS - DAY)
    await scene.universe.reconcile()
    assert {name: scene.host.engine.next_id(name) for name in ("COIN3USDT", "COIN4USDT")} == {
        "COIN3USDT": None,
        "COIN4USDT": 501,
    }
    assert scene.universe._context.contract("COIN3USDT").listed_ms == NOW_MS - DAY
    assert len(scene.followed) == len(NAMES)


async def test_a_symbol_that_is_traded_and_listed_in_the_future_was_listed_at_an_unknown_time(scene: Scene) -> None:
    scene.entries += [entry("NEWUSDT", onboardDate=NOW_MS - 5), entry("ODDUSDT", onboardDate=253_339_228_800_000)]
    await scene.universe.reconcile()
    known = {known.symbol: known.first_open_ms for known in await scene.store.symbols()}
    assert (known["NEWUSDT"], known["ODDUSDT"]) == (NOW_MS - 5, 0)


async def test_a_listing_of_a_hundred_thousand_is_followed_up_to_a_bound_and_takes_nobody_off(scene: Scene) -> None:
    scene.entries = [entry(f"X{number}USDT") for number in range(100_000)]
    await scene.universe.reconcile()
    assert scene.followed == {*NAMES, *(f"X{number}USDT" for number in range(MOST_LISTED))}
    assert scene.notice is not None
    assert scene.notice.startswith("90000 of 100000 entries")


@pytest.mark.parametrize("status", ["TRADING_HALT", "TRADING_CANCEL_ONLY"])
async def test_a_halted_symbol_stays_followed_and_is_told_until_it_trades_again(scene: Scene, status: str) -> None:
    name = NAMES[4]
    scene.change(name, status=status)
    scene.universe.contract_changed(ContractChanged(name, is_trading=False))
    assert scene.is_woken
    await scene.universe.reconcile()
    assert scene.followed == await scene.active() == set(NAMES)
    assert scene.host.halted == {name}
    scene.change(name)
    scene.universe.contract_changed(ContractChanged(name, is_trading=True))
    assert scene.is_woken
    await scene.universe.reconcile()
    assert scene.host.halted == frozenset()
    scene.universe.contract_changed(ContractChanged(name, is_trading=True))
    assert not scene.is_woken


async def test_a_halted_symbol_whose_entry_cannot_be_read_is_still_halted(scene: Scene) -> None:
    scene.change(NAMES[4], status="TRADING_HALT")
    await scene.universe.reconcile()
    scene.change(NAMES[4], pricePrecision="two")
    await scene.universe.reconcile()
    assert scene.host.halted == {NAMES[4]}


async def test_a_symbol_that_is_halted_when_it_is_first_seen_is_followed_too(scene: Scene) -> None:
    scene.entries.append(entry("NEWUSDT", status="TRADING_HALT"))
    await scene.universe.reconcile()
    assert scene.followed == {*NAMES, "NEWUSDT"}
    assert scene.host.halted == {"NEWUSDT"}


async def test_what_is_listed_besides_is_counted_and_told_with_how_to_choose_it(scene: Scene) -> None:
    scene.universe = SymbolUniverse(scene.context, SymbolFilter(contract_types=("PERPETUAL",)), lambda _: None)
    scene.entries += [entry(f"STOCK{number}USDT", contractType="TRADIFI_PERPETUAL") for number in range(3)]
    scene.entries += [
        entry("BTCUSDT_261225", contractType="CURRENT_QUARTER"),
        entry("X", contractType="Y", status="CLOSE"),
    ]
    await scene.universe.reconcile()
    assert scene.followed == set(NAMES)
    assert scene.host.not_chosen == (
        "Not chosen: 3 TRADIFI_PERPETUAL, 1 CURRENT_QUARTER. "
        "--contract-types PERPETUAL,TRADIFI_PERPETUAL,CURRENT_QUARTER follows them too."
    )
    assert sorted(scene.host.others) == ["BTCUSDT_261225", "STOCK0USDT", "STOCK1USDT", "STOCK2USDT"]
    scene.entries = [entry(name) for name in NAMES]
    await scene.universe.reconcile()
    assert scene.host.not_chosen == ""
    assert scene.host.others == ()


async def test_the_days_of_three_day_bars_that_were_shown_before_are_not_asked_for_nor_forgotten(scene: Scene) -> None:
    await scene.store.learn_anchors({"NEWUSDT": 2})
    scene.entries.append(entry("NEWUSDT"))
    await scene.universe.reconcile()
    assert {known.symbol: known.anchor for known in await scene.store.symbols()}["NEWUSDT"] == 2


async def test_the_days_of_three_day_bars_are_learned_of_imported_symbols_too(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a symbol is stored does not mean that anybody was shown its days."""
    await scene.store.add_confirmed([bar(START, symbol="OLDUSDT")])
    monkeypatch.setattr("klagg_tui.runtime.live.context.LiveContext.periods", (Period.M1, Period.D3))
    scene.entries.append(entry("OLDUSDT"))
    scene.klines = [[START // (3 * DAY) * 3 * DAY, "1", "1", "1", "1", "0", 0, "0", 0, "0", "0", "0"]]
    await scene.universe.reconcile()
    assert await scene.store.anchors() == {"OLDUSDT": 0}
