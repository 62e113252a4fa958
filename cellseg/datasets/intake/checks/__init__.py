"""The dataset check: what is wrong with images and masks before a training, and its repair."""
