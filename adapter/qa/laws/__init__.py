"""The laws of a mapping, each by what it looks at."""
