"""What teams have today: a spreadsheet, JSON payloads or curl commands come in. Nothing of a script is run.

The text of a definition file goes out, which means exactly what came in, or problems with their places.
"""
