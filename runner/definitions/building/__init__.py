"""Build accounts, business events and bulletins. Plain values with positions come in.

Frozen values go out, or problems with their places.
"""
