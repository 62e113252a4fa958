"""Recipe `pixels`: classifies pixels as cell or background, at 128 x 128 pixels."""
