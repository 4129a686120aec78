"""Apply the JSON Schemas to a file. A document comes in; problems with a fix in plain words go out."""
