"""The terminal: standard streams, messages, tables, questions and the progress of a run."""
