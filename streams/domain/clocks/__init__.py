"""What each kind of clock makes of the facts."""
