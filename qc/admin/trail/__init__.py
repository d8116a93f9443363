"""The *Audit trail* page and its downloads."""
