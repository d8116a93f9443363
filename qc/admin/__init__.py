"""The admin: a folder for each screen."""
