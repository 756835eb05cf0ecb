"""What a scan leaves open: noise, faces that nobody saw, where it lies."""
