"""Which points of space are in the wanted part, in what there is, and in a prism."""
