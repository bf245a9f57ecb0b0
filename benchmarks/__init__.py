"""Benchmarks: each prints its figures beside those of something named, from the same run."""
