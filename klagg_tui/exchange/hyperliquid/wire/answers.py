"""What answers wrap: the time, why a request was refused, and the states of coins beside their names."""

from __future__ import annotations

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.venue import Failure


def read_time(raw: bytes) -> int:
    """The exchange's clock, from its `exchangeStatus`, in milliseconds since the epoch; raises BadFrame."""
    return fields.moment(fields.mapping(fields.decoded(raw)).get("time"))


def coins_and_states(raw: bytes) -> list[tuple[Json, Json]]:
    """Each coin of `metaAndAssetCtxs` with its state, which stand in two lists; raises BadFrame where they do not go together."""
    pair = fields.sequence(fields.decoded(raw))
    if len(pair) != 2:
        raise BadFrame("a pair was expected")
    coins, states = fields.sequence(fields.mapping(pair[0]).get("universe")), fields.sequence(pair[1])
    if len(coins) != len(states):
        raise BadFrame("there are not as many states as coins")
    return list(zip(coins, states, strict=True))


def read_failure(raw: bytes) -> Failure:
    """The body of a refused request: a sentence, or nothing; it may be anything, so this never raises.

    A coin that there is not is answered with `null` and status 500, as is much else: it proves nothing.
    """
    return Failure(message=raw[:500].decode(errors="replace").strip().strip('"'))
