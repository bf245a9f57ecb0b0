"""The pure core: what follows from the facts, the agreement and now."""
