"""A shift without people: they sign in, work, take breaks and vanish through the real HTTP API."""
