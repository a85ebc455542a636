"""An order gateway: one canonical order in, any commerce backend out."""

__version__ = "0.1.0"
