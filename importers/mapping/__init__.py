"""Which column of a file fills which column of an entity."""
