"""The cache of read and validated files. In: the sources of a set. Out: for each file whether its values are known.

Only files without an error are kept, each as what it says by itself, with its warnings. Rules across files apply on
every run.
"""
