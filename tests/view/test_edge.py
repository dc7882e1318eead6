"""What is said of the time before the oldest bar."""

import pytest

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.view.edge import edge_text
from tests.makers import START


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (OlderBars(Edge.LISTED, START), "the exchange has no older bars (listed 2024-08-08)"),
        (OlderBars(Edge.LISTED), "the exchange has no older bars"),
        (OlderBars(Edge.NONE), "the exchange has no older bars"),
        (OlderBars(Edge.REACHED, most_bars=5_000), "the exchange gives its newest 5,000 bars only"),
        (OlderBars(Edge.REACHED), "the exchange gives no older bars"),
        (OlderBars(Edge.KEPT), "older bars are not kept, see keep in the settings"),
        (OlderBars(Edge.UNREACHABLE), "older bars cannot be fetched now: the exchange is not reachable"),
        (OlderBars(Edge.OPEN), ""),
    ],
)
def test_each_reason_is_told(told: OlderBars, text: str) -> None:
    assert edge_text(told) == text
