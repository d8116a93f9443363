"""The pages of people: accounts, lock-outs, presence, one's own settings."""
