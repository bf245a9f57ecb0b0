"""The published language: what the outside may rely on."""
