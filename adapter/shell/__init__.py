"""Everything that touches the world, one world per file."""
