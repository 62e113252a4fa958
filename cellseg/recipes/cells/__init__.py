"""The recipe `cells`: every cell as an instance, at full resolution."""
