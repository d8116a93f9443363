"""Reports: what was completed, failed and given back, and how long it took."""
