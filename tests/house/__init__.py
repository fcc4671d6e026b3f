"""The laws of the house, read from the code itself."""
