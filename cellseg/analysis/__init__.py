"""Analysis of label images: scores, measurements, outlines, overlays. Arrays in, arrays out."""
