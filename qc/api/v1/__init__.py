"""The API that other systems build on: /api/v1/.

Each call is a line that calls the domain, as the pages do, with the same permissions. What all
calls share is in `base`; errors are in `problems`.
"""
