"""The made-up market: its contracts, their trades, and the bars that follow from them."""
