"""Tests of adapter.shell: each file against its one world, for real."""
