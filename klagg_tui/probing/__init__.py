"""What klagg supposes of an exchange, checked at the exchange itself: a report that can be sent back."""
