"""The pages of webhooks: which other systems are told of tasks, and what was sent to each."""
