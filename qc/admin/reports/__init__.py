"""The *Reports* page and its downloads."""
