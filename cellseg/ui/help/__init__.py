"""The page Help: the documents of `docs/`, shown in the app without a network."""
