"""Files in, rows out: read, map, check, compare, stage, commit, each in a file of its own."""
