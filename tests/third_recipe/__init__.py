"""A recipe of another package: the brightness above which a pixel is cell."""
