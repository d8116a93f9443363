"""Comments on tasks, on a task's page; and the comments that mention somebody."""
