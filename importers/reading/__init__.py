"""Files in, tables of text out: encodings, dialects, workbooks, and what no honest file holds."""
