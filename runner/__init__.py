"""bulletins: fire CleverTap bulletins from YAML in git, at most once."""

__version__ = "0.1.0"
