"""The upgrade test: what an earlier release sent, this one does not send again."""
