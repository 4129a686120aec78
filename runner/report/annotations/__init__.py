"""Remarks at lines of files, and the formats that consist of them: `github` and `sarif`.

In: problems, or a document. Out: annotations, and their text.
"""
