"""The process that serves the pages, and its routes for uploads and downloads."""
