"""Requests by schemathesis for all that the schema allows, and for much that it does not."""
