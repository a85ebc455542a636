"""Coverage: what of a mapping was exercised."""
