"""Commands that make parts of the project itself."""
