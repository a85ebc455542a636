"""Tests of adapter.cli: most of them start the command as its users do."""
