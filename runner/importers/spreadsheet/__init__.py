"""Import a spreadsheet. In: a table from CSV or XLSX. Out: drafts of bulletins, and problems at their cells.

Both readers make a `Sheet`, and everything behind it is one path.
"""
