"""Sections of a part, and the loops that designers would draw there."""
