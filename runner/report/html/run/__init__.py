"""The page of a run. A report document comes in; the parts of an HTML page go out."""
