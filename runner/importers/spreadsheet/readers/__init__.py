"""Read the table of a file. In: the text of a CSV file, or the bytes of a workbook. Out: a `Sheet`."""
