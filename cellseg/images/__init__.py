"""Images: reading, scaling, writing and drawing them."""
