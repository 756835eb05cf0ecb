"""From the points of a cloud to the planes and cylinders that its faces lie on."""
