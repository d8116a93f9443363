"""What the schema of /api/v1/ says of requests and answers."""
