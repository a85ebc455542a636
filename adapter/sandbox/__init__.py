"""Sandboxes: backends that speak each dialect and remember; they share no code with the mappings."""
