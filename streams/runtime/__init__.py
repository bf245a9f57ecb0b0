"""The shell: what carries facts to the domain and verdicts away from it."""
