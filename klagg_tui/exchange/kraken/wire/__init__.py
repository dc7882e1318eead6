"""The exchange's JSON and our values: the only place that knows its field names.

A module each for trades, bars and the listing; `frames` parts what a websocket delivers, `answers` what REST wraps, `requests` and
`commands` write what we ask. Pure; damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by name and unknown
ones are tolerated.
"""
