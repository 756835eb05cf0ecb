"""A history is a text: written, read again, tokenised, and constrained while it is generated."""
