"""Websocket streams: what a client asks for, what is due, and how it is sent."""
