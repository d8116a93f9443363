"""Helpers that every package may use and that know no model."""
