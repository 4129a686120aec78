"""The commands of the program, one file for each. Options come in; printed text and an exit code go out."""
