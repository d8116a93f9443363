"""The description of the API: what drf-spectacular is told beside the views themselves."""
