"""Tests of the mapping language: every row in both directions, and every refusal."""
