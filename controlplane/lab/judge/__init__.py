"""Judging: pure functions from what was seen to what is right about it."""
