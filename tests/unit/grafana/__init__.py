"""What is generated from an agreement."""
