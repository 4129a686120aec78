"""Make many bulletins from one entry. An entry with `for_each` comes in.

One entry for each row goes out, or problems with their places.
"""
