"""Recipe `cells`: segments each cell as an instance, at full resolution."""
