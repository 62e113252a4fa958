"""Recipes: their settings, facts, forms and descriptions, without TensorFlow."""
