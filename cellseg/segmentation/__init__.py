"""From an image to a probability map, a mask and instances."""
