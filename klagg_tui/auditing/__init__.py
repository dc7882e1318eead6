"""Whether what is stored is true: in itself, against the exchange, and how it is repaired."""
