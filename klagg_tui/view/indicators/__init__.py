"""The indicators of the candle chart: a file for each, and `registry` with their order."""
