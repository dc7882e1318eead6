"""What is handed to programs when an alert fires. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from klagg_tui.alert import Firing
from klagg_tui.texts import printable
from klagg_tui.view.alerts.wording import exact_sentence


def time_text(at_ms: int) -> str:
    """`2024-08-08T12:34:56.789Z`."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"


def as_json(firing_id: int, firing: Firing) -> dict[str, object]:
    """What a webhook is sent. `text` and `content` are the same sentence, by the names that chat programs have for it.

    Whoever gets the same `id` twice got the same firing twice: klagg ended before it knew that the first had come.
    """
    told = printable(exact_sentence(firing))
    return {
        "id": firing_id,
        "text": told,
        "content": told,
        "time": time_text(firing.at_ms),
        "time_ms": firing.at_ms,
        "symbol": firing.symbol,
        "venue": firing.venue,
        "price": firing.price or None,
        "alert": firing.text,
        "name": firing.name,
        "value": firing.value,
        "count": firing.number,
    }


def as_variables(firing_id: int, firing: Firing) -> dict[str, str]:
    """What a command finds in its environment."""
    values = {
        "ID": str(firing_id),
        "SYMBOL": firing.symbol,
        "VENUE": firing.venue,
        "PRICE": firing.price,
        "ALERT": firing.text,
        "NAME": firing.name,
        "VALUE": firing.value,
        "COUNT": str(firing.number),
        "TIME": time_text(firing.at_ms),
        "MESSAGE": exact_sentence(firing),
    }
    return {f"KLAGG_{name}": printable(value) for name, value in values.items()}
