"""What laws are tried on: a dialect under test, an example on its way through it, and our own tables."""
