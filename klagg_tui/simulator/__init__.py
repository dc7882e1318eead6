"""An exchange on the loopback address that speaks the real one's protocol over a market made from a seed.

    async with SimulatedExchange(MarketSpec(symbols=200, seed=7), venue="binance-um", speed=60, faults="all") as exchange:
        ...  # connect to exchange.rest_url and exchange.ws_url, judge by exchange.truth

`market/` makes the trades and adds them up, as the exchange does (`klines`) and a second time to judge by (`truth`); `rest/`
answers requests and `streams/` sends messages, both computed from the same trades; `face` is what a venue makes of them and
`faces/` holds one for each; `faults/` lets things go wrong; `archive/` publishes
files of the past; `exchange` and `server` put it on the air.
"""

from klagg_tui.simulator.faces import FACES
from klagg_tui.simulator.faults.schedule import ARCHIVE_FAULTS, FACE_FAULTS, KINDS, Fault, Faults, Incident
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.truth import Truth
from klagg_tui.simulator.server import SPEED_HEADER, SimulatedExchange

__all__ = [
    "ARCHIVE_FAULTS",
    "FACES",
    "FACE_FAULTS",
    "KINDS",
    "SPEED_HEADER",
    "Fault",
    "Faults",
    "Incident",
    "MarketSpec",
    "SimulatedExchange",
    "Truth",
]
