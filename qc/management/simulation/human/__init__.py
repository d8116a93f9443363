"""Simulated people who work as humans do, with a page or an API client, and with mishaps."""
