"""The pages of service tokens: by which other systems call the API."""
