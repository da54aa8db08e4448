"""A local page on which people judge rows, and the log of what they decided."""
