"""What a person allows a completion to be: sizes, kinds, places, limits; no CAD kernel."""
