"""Takes the pictures of README.md: `make pictures`."""
