"""Cell segmentation: images and masks in, a trained network and exact masks out."""

__version__ = "0.1.0"
