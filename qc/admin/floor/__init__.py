"""The *Floor* page: people with their tasks, and queues with theirs, live."""
