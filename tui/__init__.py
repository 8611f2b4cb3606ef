"""The terminal: the panel and its command line."""
