"""Times at which bulletins are due. Texts of a schedule come in; instants and occurrences go out. Reads no clock."""
