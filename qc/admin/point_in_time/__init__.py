"""The *Floor history* pages: the floor, a task, a person or a queue at any moment."""
