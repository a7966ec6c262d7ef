"""Lines of a file against the rows that are there."""
