"""A part's history is a value: curves, sketches, extrudes, and what is wrong with them."""
