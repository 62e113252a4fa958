"""Method of the recipe `cells`: network, patches, loss, trainer and predictor."""
