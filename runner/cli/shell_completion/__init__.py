"""Completion in shells: the values of arguments and options, and the scripts that ask for them."""
