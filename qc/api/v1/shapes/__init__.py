"""What the answers of /api/v1/ have, as plain values."""
