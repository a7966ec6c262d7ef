"""Counting many rows; writes nothing."""
