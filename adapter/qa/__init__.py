"""The QA kit: laws of mappings, orders to try them with, and what a switch changes; only orders need hypothesis."""
