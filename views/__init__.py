"""HTTP and HTML: fetch, call one function, render."""
