"""Leadclock: promises about leads, judged while they can still be kept."""
