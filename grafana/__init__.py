"""What shows and alerts: generated from code and from the agreement."""
