"""The board: what runs, what is due next, and the breaches as they roll in."""
