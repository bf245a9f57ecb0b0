"""Faust's agents: thin, and nothing escapes them."""
