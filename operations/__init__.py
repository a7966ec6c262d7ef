"""Changing rows: everything that writes, through one write path."""
