"""A local server that replaces the API in tests and trials. It answers, refuses and fails as CleverTap's API may.

Takes requests of the Bulletins API, returns answers, and keeps a record of the bulletins that were raised. Start it
with `server.Sandbox`. No module here imports the rest of the program.
"""
