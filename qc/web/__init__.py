"""What stands around every request: its person and channel, sign-ins, limits of uploads."""
