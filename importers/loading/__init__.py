"""A run of the import: received, staged, committed, taken back."""
