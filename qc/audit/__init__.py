"""The audit trail: who did what, when and why, how that is sealed, kept and proven."""
