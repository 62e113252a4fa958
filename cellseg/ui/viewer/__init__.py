"""The image viewer: a canvas with the image, its cells and masks as layers."""
