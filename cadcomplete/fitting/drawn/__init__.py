"""From prisms to sketches and extrudes as designers draw them, and whole histories."""
