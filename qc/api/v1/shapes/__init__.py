"""What the calls of /api/v1/ answer, as plain values."""
