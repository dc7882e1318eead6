"""Which pictures there are: the screen each one shows, and the keys that lead there from the market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.view.indicators.registry import INDICATORS
from klagg_tui.view.preferences import CHART, SPLIT, Preferences

Size: TypeAlias = tuple[int, int]
"""Columns and lines of the terminal."""

SIZES: Final[tuple[Size, ...]] = ((80, 24), (120, 36), (200, 60), (300, 80))
VARIANT_SIZE: Final[Size] = (120, 36)
"""Of the pictures in 256 colours and on a light ground."""
LIGHT: Final = "textual-light"
CHOICES: Final = Preferences(
    period="1m",
    watchlists=(
        ("Watchlist", ("SOLUSDT", "DOGEUSDT", "LINKUSDT")),
        ("Majors", ("BTCUSDT", "ETHUSDT", "BNBUSDT")),
    ),
    saved_filters=(("risers", "chg>0 vol>5"),),
    names=(("hot", "rvol(5m)*abs(chg(5m))"),),
)
_WATCHED: Final = replace(CHOICES, alerts=("chg(24h)>0.5", "turnover(5m)>1m chg(5m)<-1", "rsi(1h)<25", "chg(1m)>0.1"))

_MARKED: Final = tuple(
    f"binance-um:{base}USDT" for base in ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "LINK", "AVAX")
)
"""For the wall of charts."""


class Ground(Enum):
    """What a scene plays on."""

    ONE = "one exchange"
    SEVERAL = "several exchanges"
    OFFLINE = "no network, with what is stored"
    EMPTY = "no network and nothing stored"
    REPLAY = "recorded trades"
    SHELL = "a terminal, before the screen is there"


class Scene(NamedTuple):
    """One screen, in all sizes, in 256 colours and on a light ground."""

    name: str
    screen: str
    """The class that is on top once the keys are pressed; empty where there is no screen yet."""
    keys: Sequence[str] = ()
    choices: Preferences = CHOICES
    ground: Ground = Ground.ONE
    goes_on_s: int = 0
    """How long the market goes on, once the keys are pressed."""
    sizes: tuple[Size, ...] = SIZES
    variant_size: Size | None = VARIANT_SIZE
    opened_at: Size = VARIANT_SIZE
    """How large the terminal is while the keys are pressed."""


SCENES: Final = (
    Scene("market", "MarketScreen", ("down", "m", "down", "m")),
    Scene("all-periods", "MarketScreen", ("v",)),
    Scene("filter", "MarketScreen", ("slash", *"chg>0", "space", *"vol>5", "space", *"!usdc")),
    Scene("filter-error", "MarketScreen", ("slash", *"chg(9d)>1")),
    Scene("saved-filters", "Menu", ("f",)),
    Scene("sort", "Menu", ("s",)),
    Scene("columns", "ColumnsChoice", ("c",)),
    Scene(
        "lists", "Menu", ("w",), replace(CHOICES, watchlists=(*CHOICES.watchlists, ("Old", ("MATICUSDT", "BTCUSDT"))))
    ),
    Scene("split", "MarketScreen", ("down",), replace(CHOICES, layout=SPLIT), opened_at=(200, 60)),
    Scene("chart", "MarketScreen", ("down",), replace(CHOICES, layout=CHART)),
    Scene("wall", "WallScreen", ("W", "right"), replace(CHOICES, marks=_MARKED)),
    Scene("symbol", "SymbolScreen", ("enter", *["left"] * 6)),
    Scene("symbol-zoom", "SymbolScreen", ("enter", "4", "plus", "w")),
    Scene("chart-menu", "IndicatorsDialog", ("enter", "i")),
    Scene("panes", "SymbolScreen", ("enter", "W"), replace(CHOICES, indicators=tuple(one.key for one in INDICATORS))),
    Scene("jump", "Ask", ("enter", "J")),
    Scene("health", "HealthScreen", ("h",)),
    Scene("export", "ExportScreen", ("e",)),
    Scene("alerts", "AlertsScreen", ("a",), _WATCHED),
    Scene("alert-form", "Ask", ("a", "a"), _WATCHED),
    Scene("help", "HelpScreen", ("question_mark",)),
    Scene("palette", "CommandPalette", ("colon", *"chart")),
    Scene("too-small", "MarketScreen", sizes=((50, 12),), variant_size=(50, 12), opened_at=(50, 12)),
    Scene("alerts-fired", "AlertsScreen", ("a",), _WATCHED, goes_on_s=70),
    Scene("exchanges", "MarketScreen", ("down", "m"), ground=Ground.SEVERAL),
    Scene("one-exchange", "MarketScreen", ("right_curly_bracket",), ground=Ground.SEVERAL),
    Scene("exchanges-health", "HealthScreen", ("h",), ground=Ground.SEVERAL),
    Scene("coin", "CoinScreen", ("slash", *"base:btc", "enter", "b"), ground=Ground.SEVERAL, goes_on_s=30),
    Scene("replay", "SymbolScreen", ("enter", "left", "left"), ground=Ground.REPLAY, goes_on_s=300),
    Scene("replay-until", "Ask", ("u",), ground=Ground.REPLAY),
    Scene("no-network", "MarketScreen", ground=Ground.OFFLINE),
    Scene("empty", "MarketScreen", ground=Ground.EMPTY),
    Scene("first-start", "", ground=Ground.SHELL),
)
"""In the order in which they are drawn: on each ground the time stands as the scenes before have left it."""
