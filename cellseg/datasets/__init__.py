"""Datasets: pairs of image and mask, imported, checked, split and stored."""
