"""Cases: a broken law as a file, small and free of a person's data."""
