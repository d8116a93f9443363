"""Simulated people, who sign in, work, take breaks and vanish through the real HTTP API."""
