"""Tests of what git is asked, in real repositories."""
