"""The methods of the recipes: networks, losses, trainers and predictors; they use TensorFlow."""
