"""Middleware, sign-in signals and upload limits."""
