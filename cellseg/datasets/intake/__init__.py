"""From files of any layout to checked pairs of images and masks."""
