"""The chain of seals over the history, and the proof that nothing was changed behind its back."""
