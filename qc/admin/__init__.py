"""The admin: a file for each screen."""
