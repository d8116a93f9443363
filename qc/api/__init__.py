"""The HTTP API: the calls that other clients use. docs/api.md describes them."""
