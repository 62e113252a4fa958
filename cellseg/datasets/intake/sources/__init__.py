"""Images and masks inside files of other tools, decoded in a child process."""
