"""The page of a plan: the release calendar. A plan document comes in; the parts of an HTML page go out."""
