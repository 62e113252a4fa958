"""Images: reading, selection of planes and channels, scaling, writing, synthetic cells."""
