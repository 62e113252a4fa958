"""What each recipe trains and predicts with."""
