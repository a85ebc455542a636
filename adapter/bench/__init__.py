"""Benches: what an order costs, measured by programs of their own on this machine."""
