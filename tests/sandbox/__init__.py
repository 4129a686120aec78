"""Tests of the API's stand-in, over real sockets."""
