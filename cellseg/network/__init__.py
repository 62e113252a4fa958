"""What recipes share: encoders, decoder blocks, batch-norm folding, precision, weights."""
