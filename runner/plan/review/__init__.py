"""What a reviewer sees: how two versions of a set differ, and whether a plan is still the one that was reviewed."""
