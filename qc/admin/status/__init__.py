"""The *Status* page: whether QC Desk is well, in plain words, for who runs it."""
