"""Edges by name: which a name means on a solid, and the shortest name that means just these."""
