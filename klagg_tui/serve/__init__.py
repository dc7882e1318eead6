"""Bars for other programs while they are made: a websocket that pushes changes, and HTTP that answers questions."""
