"""How long to wait for what, and how much to send at once. Milliseconds of the local clock."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from klagg_tui.exchange.limits import StreamLimits


@dataclass(frozen=True)
class FeedLimits(StreamLimits):
    """What the exchange allows, and what klagg takes for silence."""

    open_ms: int = 15_000
    """For connecting, handshake included."""
    answer_ms: int = 10_000
    """For the answer to a command, after which it is sent again."""
    most_asks: int = 3
    """Unanswered commands in a row after which the connection is given up."""
    silent_ms: int = 30_000
    """Without a trade on a whole connection that usually has them more often."""
    symbol_silent_ms: int = 120_000
    """Without a trade of one symbol while its peers have some; never less than `times_usual` its longest pause."""
    times_usual: float = 5.0
    overlap_ms: int = 30_000
    """For a new connection to deliver what the old one does."""
    longest_quiet_ms: int = 3_600_000
    """How long a market that was seen to rest may do so at the most before its connection is doubted."""
    longest_doubt_ms: int = 600_000
    """Between two replacements of connections on which nothing is traded; the pause grows up to it."""
    first_pause_ms: int = 1_000
    longest_pause_ms: int = 60_000

    @classmethod
    def of(cls, streams: StreamLimits) -> FeedLimits:
        """The limits of an exchange."""
        return cls(**{field.name: getattr(streams, field.name) for field in fields(streams)})

    def faster(self, speed: float) -> FeedLimits:
        """For an exchange whose time runs faster: what depends on its time shrinks, what depends on the network stays."""
        return replace(
            self,
            life_ms=max(10_000, int(self.life_ms / speed)),
            silent_ms=max(2_000, int(self.silent_ms / speed)),
            symbol_silent_ms=max(3_000, int(self.symbol_silent_ms / speed)),
            overlap_ms=max(5_000, int(self.overlap_ms / speed)),
            longest_quiet_ms=max(8_000, int(self.longest_quiet_ms / speed)),
            longest_doubt_ms=max(5_000, int(self.longest_doubt_ms / speed)),
            ping_ms=max(2_000, int(self.ping_ms / speed)),
            answer_ms=max(2_000, int(self.answer_ms / speed)),
            longest_pause_ms=max(5_000, int(self.longest_pause_ms / speed)),
            penalty_ms=max(10_000, int(self.penalty_ms / speed)),
        )
