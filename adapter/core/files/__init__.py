"""The files that people write, as data: mappings and overlays, and the form they must have."""
