"""Archives of the exchange, from where it publishes them into the store."""
