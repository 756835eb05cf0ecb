"""The shape that a user shows: files of points, meshes and solids, read as clouds in our frame."""
