"""Export of results to the file formats of other programs."""
