"""Tests of the sandboxes: each dialect from a good order to every refusal."""
