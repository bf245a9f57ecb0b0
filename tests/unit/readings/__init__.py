"""Settled readings of the agreement that no other test is named after; docs/readings.md has all."""
