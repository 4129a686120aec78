"""Long runs, by hand, that try to break the promise: at most once, and nothing lost."""
