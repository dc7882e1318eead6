"""An exchange on the loopback address that speaks the real one's protocol over a market made from a seed.

    async with SimulatedExchange(MarketSpec(symbols=200, seed=7), speed=60, faults="all") as exchange:
        ...  # connect to exchange.rest_url and exchange.ws_url, judge by exchange.truth

`catalog`, `path`, `pace` and `market` make the trades; `klines` adds them up as the exchange does and `truth` again, to
judge; `rest`, `control`, `frames` and `feed` speak; `faults`, `damage` and `market_events` let things go wrong; `hub`,
`exchange` and `server` put it on the air.
"""

from klagg_tui.simulator.faults.schedule import KINDS, Fault, Faults, Incident
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.truth import Truth
from klagg_tui.simulator.server import SPEED_HEADER, SimulatedExchange

__all__ = ["KINDS", "SPEED_HEADER", "Fault", "Faults", "Incident", "MarketSpec", "SimulatedExchange", "Truth"]
