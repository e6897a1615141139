"""One folder a service; the same file names in each."""
