"""Captions: what their words say of a part, ideas that make it true, and what that is worth."""
