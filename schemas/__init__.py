"""The published language: facts come in, verdicts go out, topics carry them."""
