"""Whether a shape fits the given part, and where it belongs: unit, axes, place."""
