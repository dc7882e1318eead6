"""One connection of the market streams: its subscriptions, its activity, its age."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session.events import StreamRefused, SymbolSilent
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.session.stalls import Pauses, StallDetector
from klagg_tui.exchange.session.subscriptions import Subscriptions
from klagg_tui.exchange.venue import StreamCodec

_FEWEST: Final = 10
"""Streams in a command, after however many connections on which nothing was answered: it may not be their number."""


class FeedSession:
    """The state of one connection, from the first attempt to open it.

    Args:
        codec: the exchange's language.
        limits: see there.
        now_ms: when the attempt began.
        life_share: 0 to 1, by chance: connections opened together are to be replaced at different times.
        pauses: what is usual, passed on from one connection to the next.
        most: see `Subscriptions`.
    """

    def __init__(
        self,
        codec: StreamCodec,
        limits: FeedLimits,
        now_ms: int,
        life_share: float,
        pauses: Pauses,
        most: int | None = None,
    ) -> None:
        self.opened_ms: int | None = None
        self.complete_ms: int | None = None
        """Since when every stream is served; None while any is missing."""
        self.received_ms = now_ms
        """When the last sign of life came, answers to pings included."""
        self.traded_ms: int | None = None
        """When a trade came last."""
        self.is_ending = False
        """The server has announced that it shuts down, or the connection is to be replaced."""
        self._codec = codec
        self._limits = limits
        self._begun_ms = now_ms
        self._age_ms = int(limits.life_ms * (0.8 + 0.2 * life_share))
        self._subscriptions = Subscriptions(codec, limits, most)
        self._stalls = StallDetector(limits, pauses)
        self._symbols: dict[str, str] = {}
        self._pinged_ms: int | None = None

    @property
    def last_trade_ms(self) -> dict[str, int]:
        """When each symbol's last trade came, by local time; whoever takes in the trades writes here."""
        return self._stalls.last_trade_ms

    @property
    def most(self) -> int:
        """How many streams the next connection may ask for at once: twice as many where all went well on this one."""
        asked = self._subscriptions.most
        most = max(_FEWEST, asked if self.complete_ms is None else asked * 2)
        return min(most, self._limits.streams_per_message)

    @property
    def served(self) -> frozenset[str]:
        """Symbols whose stream is acknowledged."""
        return frozenset(symbol for symbol, stream in self._symbols.items() if stream in self._subscriptions.held)

    def want(self, symbols: Collection[str], others: Collection[str] = ()) -> None:
        """Serve the trades of these symbols, and other streams by name."""
        self._symbols = {symbol: self._codec.trade_stream(symbol) for symbol in symbols}
        self._subscriptions.want([*self._symbols.values(), *others])
        self._stalls.retain(self._symbols)
        if not self._subscriptions.is_complete:
            self.complete_ms = None

    def opened(self, now_ms: int) -> None:
        """The handshake is done."""
        self.opened_ms = self.received_ms = now_ms

    def received(self, now_ms: int, *, has_trades: bool, has_texts: bool = True) -> None:
        """Something came in. Where pings are messages, only messages are a sign of life: the exchange counts no others."""
        if self._codec.ping is not None and not has_texts:
            return
        self.received_ms = now_ms
        self._pinged_ms = None
        if has_trades:
            self.traded_ms = now_ms

    def acknowledged(self, answer: Acknowledged, now_ms: int) -> tuple[str, ...]:
        """Take in an answer; returns the symbols served from now on."""
        streams = set(self._subscriptions.acknowledged(answer, now_ms))
        self._note_completion(now_ms)
        return tuple(symbol for symbol, stream in self._symbols.items() if stream in streams)

    def rejected(self, answer: Rejected) -> None:
        """Take in a refusal."""
        self._subscriptions.rejected(answer)

    def next_message(self, now_ms: int) -> bytes | None:
        """The next command, once it is due."""
        if self.opened_ms is None:
            return None
        message = self._subscriptions.next_message(now_ms)
        self._note_completion(now_ms)
        return message

    def wants_ping(self, now_ms: int) -> bool:
        """Whether nothing came for so long that a ping should be sent; asking counts as sending it."""
        if self.opened_ms is None or self._pinged_ms is not None or now_ms - self.received_ms < self._limits.ping_ms:
            return False
        if self._codec.ping is not None:  # a message like any other
            if not self._subscriptions.may_send(now_ms):
                return False
            self._subscriptions.note_sent(now_ms)
        self._pinged_ms = now_ms
        return True

    def failure(self, now_ms: int) -> str | None:
        """Why the connection is to be given up, None while it is not."""
        if self.opened_ms is None:
            return "no answer to the handshake" if now_ms - self._begun_ms >= self._limits.open_ms else None
        if self._pinged_ms is not None and now_ms - self._pinged_ms >= self._limits.ping_ms:
            return "the connection is dead"
        if self._subscriptions.unanswered >= self._limits.most_asks:
            return "commands are not answered"
        return None

    def is_old(self, now_ms: int) -> bool:
        """Whether it is to be replaced."""
        return self.is_ending or now_ms - self._begun_ms >= self._age_ms

    def silent_since_ms(self, now_ms: int) -> int | None:
        """Since when a connection that serves symbols has brought no trade, None while that is nothing unusual."""
        if self.complete_ms is None or not self._symbols:
            return None
        since_ms = max(self.complete_ms, self.traded_ms or 0)
        return since_ms if now_ms - since_ms >= self._stalls.limit_ms else None

    def silent_symbols(self, now_ms: int) -> list[SymbolSilent]:
        """The symbol that has become silent while others have not, if any."""
        if not self._stalls.is_due(now_ms):
            return []
        held = self._subscriptions.held
        return self._stalls.check(
            {symbol: held[stream] for symbol, stream in self._symbols.items() if stream in held}, now_ms
        )

    def take_refusals(self) -> list[StreamRefused]:
        """Streams that turned out not to be served, each once."""
        refusals = self._subscriptions.refusals[:]
        self._subscriptions.refusals.clear()
        return refusals

    def _note_completion(self, now_ms: int) -> None:
        if self.complete_ms is None and self._subscriptions.is_complete:
            self.complete_ms = now_ms
