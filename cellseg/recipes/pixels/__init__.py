"""The recipe `pixels`: cell or background, at 128 x 128 pixels."""
