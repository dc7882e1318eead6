"""REST answers: what they wrap, the time, and why a request was refused, mostly with status 200."""

from __future__ import annotations

from typing import Final

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.numerals import moment_of_digits
from klagg_tui.exchange.okx.facts import BUSY, TOO_MANY, UNKNOWN_SYMBOL
from klagg_tui.exchange.venue import Failure

_FINE: Final = b'{"code":"0",'
"""How a good answer begins; one that begins otherwise is looked into."""


def rows(raw: bytes) -> list[Json]:
    """What a good answer holds.

    Raises:
        BadFrame: it is none.
    """
    answer = fields.mapping(fields.decoded(raw))
    if answer.get("code") != "0":
        raise BadFrame("an answer does not say that all went well")
    return fields.sequence(answer.get("data"))


def read_time(raw: bytes) -> int:
    """The exchange's clock, in milliseconds since the epoch; raises BadFrame."""
    found = rows(raw)
    if len(found) != 1:
        raise BadFrame("an answer has not one time")
    return moment_of_digits(fields.mapping(found[0]).get("ts"))


def read_error(raw: bytes) -> Failure | None:
    """The error in an answer with status 200; None where it says that all went well."""
    if raw.startswith(_FINE):
        return None
    body = fields.body_of(raw)
    said = body.get("code")
    if said in (None, "0") or "msg" not in body:
        return None  # where it is damaged whoever reads the body says what is wrong with it
    code = int(said) if type(said) is str and said.isascii() and said.isdecimal() and len(said) < 9 else 0
    return Failure(
        code,
        fields.words(body["msg"]),
        is_unknown_symbol=code in UNKNOWN_SYMBOL,
        status=429 if code in TOO_MANY else 503 if code in BUSY else None,
    )
