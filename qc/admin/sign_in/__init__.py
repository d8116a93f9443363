"""Signing in and out, also at a terminal that several people share."""
