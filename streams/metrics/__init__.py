"""What a worker tells Prometheus: every name once, and what fills it."""
