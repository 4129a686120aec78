"""Tests of what the commands do, without a command line."""
