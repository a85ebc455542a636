"""What of a mapping was exercised: its ways by name, and which of them an order or an answer went."""
