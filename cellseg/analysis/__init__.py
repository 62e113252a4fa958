"""What a mask says: scores against truth, overlays."""
