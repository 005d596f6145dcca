"""LP Studio: build licence-plate readers that know which characters look alike."""

__version__ = "0.1.0"
