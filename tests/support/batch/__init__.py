"""Scorecards, open leads and gauges by a batch job in SQL over the facts and nothing else."""
