"""From an image to a probability map, a foreground mask and a label image of instances."""
