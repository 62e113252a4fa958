"""Where the pixels of images and masks lie in files of other tools; decoded in a child process."""
