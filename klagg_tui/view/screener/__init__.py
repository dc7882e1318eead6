"""Figures of a symbol over any length of time: rolling windows of minutes, and indicators on bars. Pure."""
