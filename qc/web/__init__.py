"""What surrounds every request: its user and channel, sign-ins, and limits of uploads."""
