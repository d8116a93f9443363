"""The HTTP API: the four calls that other clients use. docs/api.md describes them."""
