"""The *Floor* page: who is there with what, and what waits where, live."""
