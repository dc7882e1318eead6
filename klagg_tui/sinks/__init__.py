"""Bars to other machines while they are made: each sink takes from the delivery log what it has not delivered yet."""
