"""Method of the recipe `pixels`: network, pipeline, trainer and predictor."""
