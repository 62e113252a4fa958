"""Many images segmented at once: a folder for each batch, a process that fills it."""
