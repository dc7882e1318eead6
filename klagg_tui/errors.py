"""Every error klagg raises on purpose.

KlaggError                      one sentence for a person: what happened, what it means, what to do
├── BadNumber                   a text that is no exact number (also a ValueError)
├── BadPeriod                   no such period (also a ValueError)
├── BadTime                     a text that says no time (also a ValueError)
├── BadIndicator                a text that names no indicator, or lengths that it cannot have (also a ValueError)
├── BadFrame                    one message of the exchange that cannot be read; costs that message
├── BadRow                      one row of a file that cannot be read; costs that row
├── BadFile                     a file that cannot be opened, is damaged or holds something else
├── BadUsage                    what was typed at the prompt contradicts itself, or lacks something
├── BadQuestion                 a program asks the push server for what there is not
├── FilterError                 a filter of the screen cannot be read; `position` says where
├── ConfigError                 a setting is unknown or out of range
├── StorageError                the local database cannot be used
│   ├── NotADatabase            the file is something else
│   ├── NewerDatabase           the file was written by a newer klagg
│   ├── DatabaseBusy            another klagg writes to it
│   ├── DatabaseLocked          another program holds a lock on it
│   ├── OtherMarket             it holds the bars of another market
│   └── DiskTrouble             the disk is full, read-only or broken
├── Unattached                  there is no recorder to attach to, or not any more
│   ├── OtherVersion            it is of another version of klagg
│   └── Unanswered              there is one, which did not answer in time
├── Undelivered                 nobody could be told of an alert on one way
├── SinkError                   bars cannot be delivered to another machine
├── ExportError                 bars cannot be written where they were asked for, or not in that form
│   └── BadSymbol               a text that names no stored symbol; tells near ones (also a ValueError)
└── ExchangeError               the exchange cannot be reached or refuses
    ├── Unreachable             no connection, a time-out, or an answer that is no answer (5xx)
    ├── RateLimited             429, 418 or 403; `retry_at_ms` says until when
    ├── GeoBlocked              451: not available from this place
    └── Refused                 any other error code; `code` carries the exchange's
        └── UnknownSymbol       the exchange has no such symbol, or not any more
"""

from __future__ import annotations

from klagg_tui.texts import printable


class KlaggError(Exception):
    """Base of all; `str(error)` is fit to be shown to a person, whatever it quotes: a line for each argument."""

    def __str__(self) -> str:
        return "\n".join(printable(str(line)) for line in self.args)


class BadNumber(KlaggError, ValueError):
    """A text that is not a finite decimal number with at most as many decimals as its kind has (see `engine.exact`)."""


class BadPeriod(KlaggError, ValueError):
    """A text that names no period."""


class BadTime(KlaggError, ValueError):
    """A text that says no time."""


class BadIndicator(KlaggError, ValueError):
    """A text that names no indicator of the chart, or lengths that it cannot have."""


class BadFrame(KlaggError):
    """One message of the exchange cannot be read."""


class BadRow(KlaggError):
    """One row of a file cannot be read."""


class BadFile(KlaggError):
    """A file cannot be opened, is damaged, or holds something else than it should."""


class BadUsage(KlaggError):
    """What was typed at the prompt contradicts itself, or lacks something."""


class BadRequest(KlaggError):
    """A program asks the push server for what there is not."""


class FilterError(KlaggError):
    """A filter or expression cannot be read; `position` counts characters from its start.

    `can_grow`: more characters at its end could make it readable.
    """

    def __init__(self, message: str, position: int = 0, *, can_grow: bool = False) -> None:
        super().__init__(message)
        self.position = position
        self.can_grow = can_grow


class ConfigError(KlaggError):
    """A setting is unknown or has a value that is not allowed; an argument for each."""


class StorageError(KlaggError):
    """The local database cannot be used."""


class NotADatabase(StorageError):
    """The file is something else than a klagg database."""


class NewerDatabase(StorageError):
    """The file was written by a newer klagg."""


class DatabaseBusy(StorageError):
    """Another klagg is writing to the file."""


class DatabaseLocked(StorageError):
    """Another program than klagg holds a lock on the file."""


class OtherMarket(StorageError):
    """The file holds the bars of another market than the one that is watched."""


class DiskError(StorageError):
    """The disk is full, read-only or broken."""


class Unattached(KlaggError):
    """There is no recorder to attach to, or not any more."""


class OtherVersion(Unattached):
    """There is one, of another version of klagg."""


class Unanswered(Unattached):
    """There is one, which did not answer in time: it may be busy, or stopped."""


class Undelivered(KlaggError):
    """Nobody could be told of an alert on one way; what happened, as a part of a sentence.

    `is_final`: it would be the same the next time.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class SinkError(KlaggError):
    """Bars cannot be delivered to another machine."""


class ExportError(KlaggError):
    """Bars cannot be written where they were asked for, or not in the form in which they were."""


class BadSymbol(ExportError, ValueError):
    """A text that names no stored symbol, and matches none; the message tells near ones."""


class ExchangeError(KlaggError):
    """The exchange cannot be reached or refuses."""


class Unreachable(ExchangeError):
    """No connection, a time-out, or an answer that is none (5xx)."""


class RateLimited(ExchangeError):
    """429 (slow down), 418 (banned for a while) or 403 (the firewall); nothing may be asked before `retry_at_ms`."""

    def __init__(self, message: str, retry_at_ms: int, *, banned: bool = False) -> None:
        super().__init__(message)
        self.retry_at_ms = retry_at_ms
        self.banned = banned


class GeoBlocked(ExchangeError):
    """451: the exchange does not serve this place."""


class Refused(ExchangeError):
    """The exchange answered with an error of its own; `code` is the exchange's, 0 where it gave none."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class UnknownSymbol(Refused):
    """The exchange has no such symbol, or not any more."""
