"""Write definitions: append an entry to a file, convert bulletins to YAML, make a first set and schemas for editors."""
