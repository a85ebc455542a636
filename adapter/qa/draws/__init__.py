"""Orders and answers that are made up: drawn by chance, or swept one thing at a time."""
