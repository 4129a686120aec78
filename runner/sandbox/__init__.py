"""The API's stand-in: a loopback server that answers, refuses and breaks as CleverTap's may.

In come requests of the Bulletins API, out go its answers and a record of what was raised. `server.Sandbox`
is the way in; nothing here knows the rest of the program.
"""
