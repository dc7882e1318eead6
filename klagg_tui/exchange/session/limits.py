"""How long to wait for what, and how much to say at once. Milliseconds of the local clock."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class FeedLimits:
    """Sources: the exchange's documentation, and what others measured where it is silent."""

    pace_ms: int = 500
    """Between two messages of ours; ten a second are documented, five were seen to end in a ban."""
    streams_per_message: int = 200
    streams_per_connection: int = 1024
    open_ms: int = 15_000
    """For connecting and shaking hands."""
    answer_ms: int = 10_000
    """For the answer to a command, after which it is said again."""
    most_asks: int = 3
    """Unanswered commands in a row after which the connection is given up."""
    ping_ms: int = 30_000
    """Of complete silence on the line before we ping, and again until the answer: after twice this it is dead."""
    silent_ms: int = 30_000
    """Without a trade on a whole connection that usually has them more often."""
    symbol_silent_ms: int = 120_000
    """Without a trade of one symbol while its peers have some; never less than `times_usual` its longest pause."""
    times_usual: float = 5.0
    life_ms: int = 23 * 3_600_000
    """Age at which a connection is replaced at the latest; the exchange cuts it at 24 hours."""
    overlap_ms: int = 30_000
    """For a new connection to deliver what the old one does."""
    first_pause_ms: int = 1_000
    longest_pause_ms: int = 60_000
    penalty_ms: int = 150_000
    """After being thrown out for talking too much (1008): the ban was seen to last two minutes."""

    def faster(self, speed: float) -> FeedLimits:
        """For an exchange whose time runs faster: what depends on its time shrinks, what depends on the network stays."""
        return replace(
            self,
            life_ms=max(10_000, int(self.life_ms / speed)),
            silent_ms=max(2_000, int(self.silent_ms / speed)),
            symbol_silent_ms=max(3_000, int(self.symbol_silent_ms / speed)),
            overlap_ms=max(5_000, int(self.overlap_ms / speed)),
            ping_ms=max(2_000, int(self.ping_ms / speed)),
            answer_ms=max(2_000, int(self.answer_ms / speed)),
            longest_pause_ms=max(5_000, int(self.longest_pause_ms / speed)),
            penalty_ms=max(10_000, int(self.penalty_ms / speed)),
        )
