"""Mutants: mappings with one thing otherwise, and who notices."""
