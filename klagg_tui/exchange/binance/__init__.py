"""Binance USDⓈ-M futures: everything klagg knows of this one exchange."""
