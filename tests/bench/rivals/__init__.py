"""Other annotation tools, installed apart and driven in the same run as LP Studio."""
