"""The symbols of the simulated market: names, tick and lot sizes, liveliness.

The best-known names carry prices of the right order; the rest are made up. Some are difficult on purpose: names
that are not ASCII, prices and quantities with eight decimals, contracts that are no perpetuals, three-day anchors that
differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS, quarter_ends, written_day
from klagg_tui.simulator.market.chance import below, fraction


@dataclass(frozen=True)
class MarketSpec:
    """What makes a market: equal specs give equal markets, to the last byte."""

    symbols: int = 300
    """How many perpetual contracts trade at the start; a few contracts of other kinds come on top."""
    seed: int = 1
    start_ms: int = 1_790_035_200_000
    """When the simulated time begins: 2026-09-22 00:00 UTC where not said."""
    activity: float = 100.0
    """Aggregate trades a second of the whole market, on the average."""
    history_days: int = 400
    """How far the oldest symbol reaches back before the start."""
    straddle_every: int = 2000
    """One of so many symbol minutes ends with an aggregate trade that straddles it; 0 for never."""
    venue: str = ""
    """Whose market it is: markets that differ in this alone have other trades at nearly the same prices."""
    single_fills: bool = False
    """Whether each trade is one fill, which cannot straddle a minute."""
    in_order: bool = False
    """Whether no trade is stamped before the one it follows."""


@dataclass(frozen=True, eq=False)
class Listing:
    """What does not change about a symbol. Itself a key of caches, so it goes by identity."""

    symbol: str
    base: str
    quote: str
    contract_type: str
    price: float
    """Around which it trades at the start."""
    price_decimals: int
    """Decimals of its prices as it was listed."""
    tick: int
    """Smallest step of its price, as listed, in units of `price_unit_decimals`."""
    quantity_decimals: int
    weight: float
    """Its part in the market's activity, relative to the others."""
    daily_move: float
    """Standard deviation of a day's logarithmic return, without what comes of BTC's."""
    beta: float
    """How many times BTC's moves it makes besides its own; 0 of BTC itself."""
    listed_minute: int
    delivered_minute: int | None
    """When a quarterly contract ends; None for a perpetual one."""
    three_day_anchor: int
    first_id: int
    """Aggregate id that comes first once the market starts, or at its listing where that is later."""
    key: bytes
    """What its chance hangs on: seed, name and venue."""
    path_key: bytes
    """What its price hangs on: seed and name."""

    @property
    def price_unit_decimals(self) -> int:
        """Decimals of the unit that prices are counted in: one to spare for a finer tick."""
        return min(8, self.price_decimals + 1)

    @property
    def pair(self) -> str:
        """The pair, which a quarterly contract shares with the perpetual one."""
        return self.base + self.quote

    @property
    def stream(self) -> str:
        """Name of its trade stream."""
        return f"{self.symbol.lower()}@aggTrade"


_WELL_KNOWN: Final = """
BTC 85000 ETH 2900 SOL 180 币安人生 0.162 XRP 2.31 DOGE 0.2145 1000SATS 0.00021345 BNB 812 YFI 5120 1000PEPE 0.00912
SUI 3.41 ADA 0.712 LINK 17.3 AVAX 24.6 LTC 98.4 我踏马来了 0.0312 BCH 512 TRX 0.2871 DOT 4.12 NEAR 2.66 APT 4.87 UNI 7.95
ARB 0.4127 OP 0.6931 FIL 2.47 ATOM 4.56 ETC 19.8 AAVE 268 INJ 13.2 SEI 0.2874 TIA 1.83 WLD 1.07 1000SHIB 0.01284
1000BONK 0.02231 ENA 0.5921 JUP 0.4812 ONDO 0.9312 HBAR 0.2215 XLM 0.3481 ICP 5.21 RENDER 3.62 FET 0.6712 TAO 361
KAS 0.0817 STX 0.7123 IMX 0.5512 GRT 0.0931 牛来 0.00834 LDO 1.12 RUNE 1.31 SAND 0.2671 MANA 0.2781 AXS 2.31 GALA 0.01612
FLOW 0.3711 ALGO 0.2213 VET 0.02341 EGLD 14.7 THETA 0.7821 CHZ 0.03981 CRV 0.7612 SNX 0.6621 COMP 46.2 MKR 1790
DYDX 0.6312 ZEC 52.1 DASH 21.9 XMR 287 NEO 6.42 QTUM 2.18 IOTA 0.1934 KSM 16.3 ZIL 0.01123 ENJ 0.0712 BAT 0.1512 ZRX 0.2481
OMG 0.2122 KAVA 0.4213 BAND 0.7123 RLC 1.19 STORJ 0.2581 ANKR 0.01661 CELO 0.3122 CELR 0.00812 HOT 0.000981 IOST 0.003512
ONE 0.01093 ROSE 0.02513 SKL 0.02114 COTI 0.05521 DENT 0.000712 1000FLOKI 0.09231 1000LUNC 0.06121 1000XEC 0.02231
BLUR 0.09123 GMX 13.4 PENDLE 4.31 PYTH 0.1451 JTO 2.13 STRK 0.1342 ALT 0.02981 DYM 0.2612 PIXEL 0.03712 PORTAL 0.05112
AEVO 0.1121 ETHFI 1.02 W 0.08121 SAGA 0.2871 TNSR 0.1381 OMNI 2.21 REZ 0.01231 BB 0.1121 NOT 0.002112 IO 0.7712 ZK 0.05812
ZRO 2.13 LISTA 0.2312 BANANA 21.3 DOGS 0.000142 TON 3.21 CATI 0.1012 HMSTR 0.000812 EIGEN 1.31 SCR 0.3412 MOVE 0.1712
"""
"""Names and prices, the busiest first."""
_KNOWN: Final = tuple(_WELL_KNOWN.split())

_HEADS: Final = (
    "ZOR",
    "KAI",
    "LUM",
    "VEX",
    "NOVA",
    "TRI",
    "ORB",
    "PLU",
    "QUA",
    "RIF",
    "SOL",
    "TEK",
    "UMA",
    "WYR",
    "XEN",
    "YAR",
)
_TAILS: Final = ("A", "O", "IX", "EN", "US", "AR", "ITY", "ON", "EL", "ICA", "UM", "IS", "ET", "YN", "ORA", "EX")

_ROLLED_BEFORE: Final = 14 * DAY
"""The current quarter ends at least so many minutes after the start."""
_ALONE: Final = 0.08
"""The part of the coins that hardly care about BTC."""
_EIGHT_DECIMALS: Final = {"1000SATS": (8, 0), "YFI": (1, 8)}
"""Decimals of tick and quantity of the extreme ones."""


def catalog(spec: MarketSpec) -> tuple[Listing, ...]:
    """Every contract that trades when the market starts, the busiest first."""
    perpetuals = tuple(perpetual(spec, rank) for rank in range(spec.symbols))
    current, following, *_ = islice(quarter_ends(spec.start_ms // MINUTE_MS + _ROLLED_BEFORE), 2)
    return (
        *perpetuals,
        _other(spec, "BTC", "CURRENT_QUARTER", 85400.0, current),
        _other(spec, "ETH", "NEXT_QUARTER", 2935.0, following),
        _other(spec, "TSLA", "TRADIFI_PERPETUAL", 412.5, None),
    )


def perpetual(spec: MarketSpec, rank: int, listed_minute: int | None = None) -> Listing:
    """The perpetual of that rank; `listed_minute` for one that joins a running market."""
    base, price = _named(spec, rank)
    quote = "USDC" if rank % 23 == 22 else "USDT"
    path_key = b"%d|%s|" % (spec.seed, base.encode())
    key = _key_at(spec, path_key)
    daily_move, beta = _moves(rank, path_key)
    return Listing(
        symbol=base + quote,
        base=base,
        quote=quote,
        contract_type="PERPETUAL",
        price=price * _apart(spec, key),
        **_sizes(base, price),
        weight=1 / (rank + 1.5) ** 0.9,
        daily_move=daily_move,
        beta=beta,
        listed_minute=_listed(spec, rank, path_key) if listed_minute is None else listed_minute,
        delivered_minute=None,
        three_day_anchor=1 if rank % 5 else (1, 0, 2)[rank // 5 % 3],
        first_id=1
        if listed_minute is not None
        else int(4_000_000_000 / (rank + 1)) + 10_000_000 + below(key + b"id", 10**6),
        key=key,
        path_key=path_key,
    )


def _moves(rank: int, path_key: bytes) -> tuple[float, float]:
    """A day's own move, and the beta: a coin goes with BTC, some more than others and few alone: by minutes a correlation of about 0.3 to 0.9."""
    if not rank:
        return 0.022, 0.0
    beta = 0.2 if fraction(path_key + b"alone") < _ALONE else 0.7 + 1.0 * fraction(path_key + b"beta")
    return (0.01 + 0.03 * fraction(path_key + b"move") if rank > 1 else 0.012), beta


def _key_at(spec: MarketSpec, path_key: bytes) -> bytes:
    return path_key + b"%s|" % spec.venue.encode() if spec.venue else path_key


def _apart(spec: MarketSpec, key: bytes) -> float:
    """By which factor the venue's price differs from the same coin's at others: up to a part in 2,000."""
    return 1 + (fraction(key + b"apart") - 0.5) / 1000 if spec.venue else 1.0


def _named(spec: MarketSpec, rank: int) -> tuple[str, float]:
    known = len(_KNOWN) // 2
    if rank < known:
        return _KNOWN[2 * rank], float(_KNOWN[2 * rank + 1])
    number = rank - known
    pair, round_ = number % 256, number // 256
    # 37 is coprime to 256: neighbours in rank share no syllable, and no name comes twice in a round.
    head, tail = divmod(pair * 37 % 256, 16)
    price = 10 ** (4 * fraction(b"%d|price|%d" % (spec.seed, rank)) - 2.7)
    return f"{_HEADS[head]}{_TAILS[tail]}{round_ or ''}", price


def _sizes(base: str, price: float) -> dict[str, int]:
    magnitude = len(str(int(price))) if price >= 1 else -_zeros(price)
    tick_decimals, quantity_decimals = _EIGHT_DECIMALS.get(
        base, (max(1, min(7, 5 - magnitude)), max(0, min(3, magnitude - 1)))
    )
    # As at the exchange: two decimals at the least, also where the tick is 0.10.
    price_decimals = max(2, tick_decimals)
    return {
        "price_decimals": price_decimals,
        "tick": 10 ** (min(8, price_decimals + 1) - tick_decimals),
        "quantity_decimals": quantity_decimals,
    }


def _zeros(price: float) -> int:
    """Zeros behind the point of a price below one."""
    decimals = f"{price:.12f}".partition(".")[2]
    return len(decimals) - len(decimals.lstrip("0"))


def _listed(spec: MarketSpec, rank: int, key: bytes) -> int:
    """Midnight of the listing day; the well-known are the oldest."""
    start_day = spec.start_ms // MINUTE_MS // DAY
    reach = max(1, spec.history_days)
    age = reach if rank < 3 else 1 + below(key + b"age", reach)
    return (start_day - age) * DAY


def _other(spec: MarketSpec, base: str, contract_type: str, price: float, delivered_minute: int | None) -> Listing:
    symbol = f"{base}USDT" if delivered_minute is None else f"{base}USDT_{written_day(delivered_minute)}"
    path_key = b"%d|%s|" % (spec.seed, symbol.encode())
    key = _key_at(spec, path_key)
    return Listing(
        symbol=symbol,
        base=base,
        quote="USDT",
        contract_type=contract_type,
        price=price * _apart(spec, key),
        **_sizes(base, price),
        weight=0.02,
        daily_move=0.012 if base == "TSLA" else 0.003,
        beta=0.1 if base == "TSLA" else 1.0,
        listed_minute=_listed(spec, 99, path_key),
        delivered_minute=delivered_minute,
        three_day_anchor=1,
        first_id=30_000_000,
        key=key,
        path_key=path_key,
    )
