"""Each recipe in words: its settings, facts, form and description; no TensorFlow."""
