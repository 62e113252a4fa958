"""The recipe `cells`: its network, patches, losses, trainer and predictor."""
