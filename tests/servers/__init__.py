"""Database servers that tests start for themselves, and stop as they like."""
