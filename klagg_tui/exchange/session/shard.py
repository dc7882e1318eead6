"""One share of the symbols: kept up by one connection, and by two while the older is replaced by the newer."""

from __future__ import annotations

from collections.abc import Collection

from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session.events import (
    Close,
    Command,
    ConnectionSilent,
    FeedReport,
    Open,
    Phase,
    Ping,
    Send,
    ShardState,
    StreamsDown,
    StreamsUp,
)
from klagg_tui.exchange.session.feed import FeedSession
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.session.stalls import Pauses
from klagg_tui.exchange.venue import StreamCodec


class StreamShard:
    """Decides when to connect, to replace a connection and to close it. Call `tick` several times a second.

    The shell carries out the commands and reports what came of them: `opened`, `ended`, `answered`. Connections have keys,
    which are never used twice.
    """

    def __init__(
        self, codec: StreamCodec, limits: FeedLimits, now_ms: int, market_streams: Collection[str] = ()
    ) -> None:
        self._codec = codec
        self._limits = limits
        self._market_streams = tuple(market_streams)
        self._symbols: dict[str, None] = {}
        self._sessions: dict[int, FeedSession] = {}
        self._pauses = Pauses()
        self._most: int | None = None
        """Streams in a command of the next connection, as the last one left it."""
        self._current: int | None = None
        self._next: int | None = None
        self._keys = 0
        self._retry_ms = now_ms
        self._failed_attempts = 0
        """Attempts in a row that did not lead to a connection that delivers."""
        self._reason = ""
        self._covered: frozenset[str] = frozenset()
        self._is_silent = False
        self._silent_ms = now_ms
        """Since when, while it is."""
        self._reports: list[FeedReport] = []
        self._losses = self._rotations = 0

    # What the shell reports and asks

    def want(self, symbols: Collection[str]) -> None:
        """Follow these symbols and no others."""
        self._symbols = dict.fromkeys(symbols)
        self._covered &= self._symbols.keys()
        for session in self._sessions.values():
            session.want(self._symbols, self._market_streams)

    def renew(self, reason: str) -> None:
        """Replace the connection as soon as possible, without a gap."""
        current = self._session(self._current)
        if current is not None:
            current.is_ending = True
            self._reason = reason

    def session(self, key: int) -> FeedSession | None:
        """The state of a connection, None once it is over."""
        return self._sessions.get(key)

    def opened(self, key: int, now_ms: int) -> None:
        """A connection is open."""
        if session := self._sessions.get(key):
            session.opened(now_ms)

    def ended(self, key: int, now_ms: int, chance: float, reason: str, code: int = 0) -> None:
        """A connection is over or could not be opened; `code`: of the close frame, or the status of the refusal."""
        if key not in self._sessions:
            return
        self._drop(key, now_ms, chance, reason, self._limits.penalty_ms if code in self._limits.penalty_codes else 0)

    def answered(self, key: int, answer: Acknowledged | Rejected, now_ms: int) -> None:
        """A command was answered."""
        session = self._sessions.get(key)
        if session is None:
            return
        if isinstance(answer, Rejected):
            session.rejected(answer)
            self._reports += session.take_refusals()
        elif session.acknowledged(answer, now_ms):
            self._report_up()

    def shutting_down(self, key: int) -> None:
        """The server announces that a connection ends soon."""
        if session := self._sessions.get(key):
            session.is_ending = True

    def take_reports(self) -> list[FeedReport]:
        """What happened, oldest first; afterwards there is nothing."""
        reports, self._reports = self._reports, []
        return reports

    def state(self, now_ms: int) -> ShardState:
        """How it stands."""
        current = self._session(self._current)
        return ShardState(
            self._phase(now_ms),
            len(self._symbols),
            len(self._covered),
            current.opened_ms if current else None,
            self._retry_ms if not self._sessions and now_ms < self._retry_ms else None,
            self._reason,
            self._losses,
            self._rotations,
        )

    def tick(self, now_ms: int, chance: float) -> list[Command]:
        """What is to be done now. `chance`: between 0 and 1, drawn anew each time."""
        if not self._symbols and not self._market_streams:
            return [self._close(key, "nothing to follow") for key in list(self._sessions)]
        commands = self._give_up_failed(now_ms, chance)
        if self._next is None and self._wants_another(now_ms):
            commands.append(self._open(now_ms, chance))
        elif self._next is not None:
            commands += self._hand_over(self._next, now_ms, chance)
        for key, session in self._sessions.items():
            if message := session.next_message(now_ms):
                commands.append(Send(key, message))
            if session.wants_ping(now_ms):
                commands.append(Ping(key) if self._codec.ping is None else Send(key, self._codec.ping))
        self._watch(now_ms)
        return commands

    # Opening, replacing, closing

    def _wants_another(self, now_ms: int) -> bool:
        if now_ms < self._retry_ms:
            return False
        current = self._session(self._current)
        return current is None or current.is_old(now_ms) or self._is_silent

    def _open(self, now_ms: int, chance: float) -> Open:
        self._keys += 1
        session = FeedSession(self._codec, self._limits, now_ms, chance, self._pauses, self._most)
        session.want(self._symbols, self._market_streams)
        self._sessions[self._keys] = session
        if self._current is None:
            self._current = self._keys
        else:
            self._next = self._keys
        return Open(self._keys)

    def _give_up_failed(self, now_ms: int, chance: float) -> list[Command]:
        failed = [(key, reason) for key, session in self._sessions.items() if (reason := session.failure(now_ms))]
        for key, reason in failed:
            self._drop(key, now_ms, chance, reason)
        return [Close(key, reason) for key, reason in failed]

    def _hand_over(self, key: int, now_ms: int, chance: float) -> list[Command]:
        """Let the new connection take over once it delivers what the old one does; drop it if it never does."""
        old, new = self._session(self._current), self._sessions[key]
        if old is None or new.complete_ms is None:
            return []
        complete_ms = new.complete_ms
        missing = [
            symbol
            for symbol, at_ms in old.last_trade_ms.items()
            if at_ms > complete_ms and symbol not in new.last_trade_ms
        ]
        is_late = now_ms - complete_ms >= self._limits.overlap_ms
        if not missing and (new.traded_ms is not None or is_late):
            return self._replace(key, now_ms, chance)
        if not is_late:
            return []
        reason = "the new connection stays silent"
        self._drop(key, now_ms, chance, reason)
        return [Close(key, reason)]

    def _replace(self, key: int, now_ms: int, chance: float) -> list[Command]:
        assert self._current is not None
        has_delivered = self._sessions[key].traded_ms is not None
        close = self._close(self._current, "replaced by a newer connection")
        self._rotations += 1
        if has_delivered:
            self._failed_attempts = 0
        else:
            self._failed_attempts += 1
            self._retry_ms = now_ms + max(self._pause_ms(chance), self._quiet_ms(now_ms))
        self._is_silent = self._is_silent and not has_delivered
        self._report_up()
        return [close]

    def _drop(self, key: int, now_ms: int, chance: float, reason: str, penalty_ms: int = 0) -> None:
        """Forget a connection that is over, and wait before the next attempt, longer after each failure."""
        session = self._sessions[key]
        self._reason = reason
        self._losses += session.opened_ms is not None
        self._failed_attempts = 0 if session.traded_ms is not None else self._failed_attempts
        self._retry_ms = now_ms + max(self._pause_ms(chance), penalty_ms)
        self._failed_attempts += 1
        since_ms = session.traded_ms or session.opened_ms or now_ms
        self._is_silent = self._is_silent and key != self._current
        self._forget(key)
        self._report_down(since_ms, reason)

    def _quiet_ms(self, now_ms: int) -> int:
        """How long to leave it at that: two connections in turn brought nothing, so it is the market that rests."""
        if not self._is_silent:
            return 0
        self._pauses.market_ms = now_ms - self._silent_ms
        return min(self._pauses.market_ms, self._limits.longest_doubt_ms)

    def _pause_ms(self, chance: float) -> int:
        longest_ms = min(self._limits.longest_pause_ms, self._limits.first_pause_ms << min(self._failed_attempts, 20))
        return int(longest_ms * (0.5 + chance / 2))

    def _close(self, key: int, reason: str) -> Close:
        self._forget(key)
        return Close(key, reason)

    def _forget(self, key: int) -> None:
        self._most = self._sessions.pop(key).most
        if key == self._next:
            self._next = None
        else:
            self._current, self._next = self._next, None

    def _session(self, key: int | None) -> FeedSession | None:
        return None if key is None else self._sessions.get(key)

    # What it reports

    def _watch(self, now_ms: int) -> None:
        current = self._session(self._current)
        if current is None:
            return
        since_ms = current.silent_since_ms(now_ms)
        if since_ms is None:
            self._reports += current.silent_symbols(now_ms)
            if self._is_silent and current.traded_ms is not None:
                self._is_silent = False
                self._report_up()
        elif not self._is_silent:
            self._is_silent, self._silent_ms = True, since_ms
            reason = "the connection is acknowledged but silent"
            self._reports.append(ConnectionSilent(since_ms, tuple(self._symbols)))
            self._reason = reason
            self._report_down(since_ms, reason)

    def _served(self) -> frozenset[str]:
        """Symbols that some connection delivers; a silent one delivers nothing."""
        keys = {self._next} if self._is_silent else {self._current, self._next}
        sessions = [session for key in keys if (session := self._session(key))]
        return frozenset().union(*(session.served for session in sessions))

    def _report_up(self) -> None:
        served = self._served()
        if fresh := tuple(symbol for symbol in self._symbols if symbol in served and symbol not in self._covered):
            self._reports.append(StreamsUp(fresh))
        self._covered |= served

    def _report_down(self, since_ms: int, reason: str) -> None:
        served = self._served()
        if lost := tuple(symbol for symbol in self._symbols if symbol in self._covered and symbol not in served):
            self._reports.append(StreamsDown(lost, since_ms, reason))
        self._covered &= served

    def _phase(self, now_ms: int) -> Phase:
        current = self._session(self._current)
        if current is None:
            return Phase.WAITING if self._symbols and now_ms < self._retry_ms else Phase.IDLE
        if self._is_silent:
            return Phase.SILENT
        if self._next is not None:
            return Phase.ROTATING
        if current.opened_ms is None:
            return Phase.CONNECTING
        return Phase.SUBSCRIBING if current.complete_ms is None else Phase.LIVE
