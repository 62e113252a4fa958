"""The recipe `pixels`: its network, input pipeline, trainer and predictor."""
