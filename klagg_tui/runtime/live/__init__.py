"""The live market: the exchange is reached, then everything that follows it is built whole around one engine."""
