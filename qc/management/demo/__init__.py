"""The demo's past: two weeks of finished work, the same at each load but for the date."""
