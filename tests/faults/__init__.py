"""Killing the real thing: workers and broker, under load, judged by an oracle of its own."""
