"""Laws tried on many examples, and what came of it."""
