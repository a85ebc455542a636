"""The QA kit: laws of mappings and the orders to try them with; needs hypothesis, see the extra ``dev``."""
