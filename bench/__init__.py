"""A company of a million tickets, and what each page costs on it beside a bare page and hand-written SQL."""
