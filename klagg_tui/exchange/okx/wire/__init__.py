"""The exchange's JSON and our values: the only place that knows its field names.

Both markets speak alike; they differ in what is listed, in which column of a bar counts its volume, and in the unit of sizes.
Pure; damage raises `BadFrame` or `BadNumber` and nothing else. Fields are read by name and unknown ones are tolerated.
"""
