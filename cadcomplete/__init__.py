"""Complete CAD construction histories."""

__version__ = "0.1.0"
