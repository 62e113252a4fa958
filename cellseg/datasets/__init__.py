"""Datasets: pairs of image and mask, brought in, checked, split and kept."""
