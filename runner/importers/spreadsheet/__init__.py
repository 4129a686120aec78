"""Import a spreadsheet that was saved as CSV. In: its text. Out: drafts of bulletins, and problems at their cells."""
