"""Known pairs: what a person has agreed that a mapping makes of orders and answers."""
