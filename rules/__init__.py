"""Judgement: values in, verdict out; no database, no flask, no clock."""
