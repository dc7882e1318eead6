"""The other faces of the simulated exchange, and what ccxt is asked about each. Read in both environments."""

from __future__ import annotations

from typing import Final, NamedTuple

MARKETS: Final = "markets"
CLOCK: Final = "time"
NEWEST: Final = "newest bars"
SINCE: Final = "bars since"
TRADES: Final = "REST trades"
STREAM: Final = "socket trades"
QUESTIONS: Final = (MARKETS, CLOCK, NEWEST, SINCE, TRADES, STREAM)

BARS: Final = 60
"""Asked for, of each period, newest ones and from a time on."""
WHOLE_MINUTES: Final = 3
"""So many have to be seen on the websocket from their beginning to their end."""


class Venue(NamedTuple):
    """A face, and how its client is asked."""

    key: str
    """As in `klagg simulate --venue`."""
    exchange: str
    """Class of `ccxt.pro`."""
    symbols: tuple[tuple[str, str], ...]
    """The venue's name and ccxt's, of those that are asked about."""
    periods: tuple[str, ...] = ("1m", "5m", "1h", "1d")
    """Of those in which the venue has candles; ccxt calls them as klagg does."""
    page: int = 1_000
    """Trades that a request brings; 0 where ccxt cannot ask for them."""
    has_since: bool = False
    """Whether ccxt asks for trades from a time on, rather than leave out older ones of those that come."""
    kept: int = 1_000_000
    """Before how many bars, at the most, those from a time on begin."""
    has_ids: bool = True
    """Whether the ids of trades rise by one."""
    has_empty_bars: bool = True
    """Whether it makes bars of periods without trades."""
    has_ticks: bool = True
    """Whether it lists ticks."""
    notes: tuple[str, ...] = ()
    """Sentences: what ccxt cannot do there, and what had to be done for it."""


VENUES: Final = (
    Venue(
        "binance-spot",
        "binance",
        (("BTCUSDT", "BTC/USDT"), ("DOGEUSDT", "DOGE/USDT")),
        ("1m", "15m", "4h", "3d", "1w", "1M"),
        has_since=True,
        notes=("watch_trades is told name=aggTrade.",),
    ),
    Venue(
        "binance-us",
        "binanceus",
        (("BTCUSDT", "BTC/USDT"), ("ETHUSDT", "ETH/USDT")),
        ("1m", "30m", "12h", "1d"),
        has_since=True,
        notes=("watch_trades is told name=aggTrade.",),
    ),
    Venue(
        "binance-coinm",
        "binancecoinm",
        (("BTCUSD_PERP", "BTC/USD:BTC"), ("ETHUSD_PERP", "ETH/USD:ETH")),
        ("1m", "3m", "2h", "1d"),
        has_since=True,
        notes=("Volumes of its bars are coins, those of its trades contracts.", "watch_trades is told name=aggTrade."),
    ),
    Venue(
        "coinbase",
        "coinbaseexchange",
        (("BTC-USD", "BTC/USD"), ("DOGE-USD", "DOGE/USD")),
        ("1m", "5m", "15m", "1h", "6h", "1d"),
        has_empty_bars=False,
        notes=(
            "It leaves last_match out.",
            "watch_trades_for_symbols waits for a name under which nothing comes; each symbol is watched alone.",
        ),
    ),
    Venue(
        "okx-swap",
        "okx",
        (("LTC-USDT-SWAP", "LTC/USDT:USDT"), ("ARB-USD-SWAP", "ARB/USD:ARB")),
        ("1m", "5m", "6h", "1d", "1w"),
        page=500,
        notes=(
            "Volumes of its bars are coins, those of its trades contracts.",
            "It reads trades-all with a key alone, and trades without.",
        ),
    ),
    Venue(
        "okx-spot",
        "okx",
        (("BTC-USDT", "BTC/USDT"), ("DOGE-USDT", "DOGE/USDT")),
        ("1m", "30m", "12h", "1d"),
        page=500,
    ),
    Venue(
        "kraken",
        "kraken",
        (("BTC/USD", "BTC/USD"), ("DOGE/USD", "DOGE/USD"), ("SOL/USD", "SOL/USD")),
        ("1m", "15m", "4h", "1d"),
        has_since=True,
        kept=700,
        notes=("It asks for trades since a time in seconds.",),
    ),
    Venue(
        "hyperliquid",
        "hyperliquid",
        (("BTC", "BTC/USDC:USDC"), ("kPEPE", "KPEPE/USDC:USDC")),
        ("1m", "3m", "8h", "1d"),
        page=0,
        kept=4_900,
        has_ids=False,
        has_empty_bars=False,
        has_ticks=False,
        notes=("fetch_trades is about an account; nothing asks for the market's trades.",),
    ),
)

NAMES: Final = {f"ccxt_pro:{venue.key}": venue for venue in VENUES}
"""As `make clients ARGS=...` calls them."""


class Listed(NamedTuple):
    """What the client reads of a market; `name` is the venue's."""

    name: str
    symbol: str
    base: str
    quote: str
    tick: str
    step: str
    contract_size: str | None
    is_inverse: bool


class Told(NamedTuple):
    """The venue's time as it was read, and the local one before and behind the question, in milliseconds."""

    told_ms: int
    before_ms: int
    after_ms: int


class Row(NamedTuple):
    """A bar; prices and volume are what Python writes of the client's floats."""

    open_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str


class Fill(NamedTuple):
    """A trade."""

    number: str
    price: str
    amount: str
    traded_ms: int
    side: str
    """The taker's: buy or sell."""
    fills: int
    """How many trades it stands for."""
