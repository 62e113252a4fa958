"""Published models: weights, settings, scores and a readable card."""
