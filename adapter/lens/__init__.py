"""The mapping language: rows in, a lens out; knows neither HTTP nor orders."""
