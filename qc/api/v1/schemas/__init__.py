"""What the calls of /api/v1/ take and answer, as the schema of the API describes it."""
