"""Facts about the QA kit."""
