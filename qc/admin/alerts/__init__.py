"""The pages of alerts: what is told to whom outside, and when."""
