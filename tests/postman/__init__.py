"""A Postman collection of the API, and newman, which sends its requests to a site."""
