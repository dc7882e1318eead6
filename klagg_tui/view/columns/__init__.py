"""The columns of the market table: a file for each column or family of columns, and `registry` with their order."""
