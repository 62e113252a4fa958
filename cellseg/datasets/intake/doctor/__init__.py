"""The data doctor: what is wrong with images and masks before a training, and how to repair it."""
