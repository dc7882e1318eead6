"""REST answers: errors come with status 200, and everything else in `result`."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.numerals import decoded_exactly
from klagg_tui.exchange.venue import Failure

_UNKNOWN: Final = ("EQuery:Unknown asset pair", "EQuery:Invalid asset pair", "EGeneral:Invalid arguments:pair")
_STATUSES: Final = (
    ("EGeneral:Too many requests", 429),
    ("EAPI:Rate limit exceeded", 429),
    ("EGeneral:Temporary lockout", 429),
    ("EService:", 503),
    ("EGeneral:Internal error", 503),
)
"""What an error would have been as a status of HTTP; any other refuses the request."""
_REFUSED: Final = 400


def result_of(raw: bytes) -> Json:
    """What was asked for, numbers as their digits; raises BadFrame."""
    reply = fields.mapping(decoded_exactly(raw))
    if "result" not in reply:
        raise BadFrame("an answer has no result")
    return reply["result"]


def rows_of(raw: bytes) -> tuple[list[list[Json]], Json]:
    """The rows about a pair, whatever it is called, and the `last` that says where they go on; raises BadFrame."""
    result = fields.mapping(result_of(raw))
    last = result.pop("last", None)
    return [fields.sequence(row) for rows in result.values() for row in fields.sequence(rows)], last


def read_time(raw: bytes) -> int:
    """The exchange's clock, in milliseconds since the epoch: the middle of the second that it tells; raises BadFrame."""
    return fields.moment(fields.whole(fields.mapping(result_of(raw)).get("unixtime")) * 1000 + 500)


def read_error(raw: bytes) -> Failure | None:
    """The error in an answer with status 200, None where there is none. It may be anything, so this never raises."""
    if b'"error":[]' in raw[:64]:
        return None
    errors = fields.body_of(raw).get("error")
    # Those with W are warnings.
    said = [error for error in errors if type(error) is str and error[:1] == "E"] if type(errors) is list else []
    if not said:
        return None
    status = next((status for start, status in _STATUSES if said[0].startswith(start)), _REFUSED)
    return Failure(0, fields.words(", ".join(said)), is_unknown_symbol=said[0].startswith(_UNKNOWN), status=status)


def read_failure(raw: bytes) -> Failure:
    """The body of a refused request; it may be anything, so this never raises."""
    failure = read_error(raw) or Failure()
    return failure._replace(status=None) if failure.status == _REFUSED else failure
