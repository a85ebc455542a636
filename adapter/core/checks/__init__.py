"""What must be right about mappings and tenants before any order, each rule beside what it needs to know."""
