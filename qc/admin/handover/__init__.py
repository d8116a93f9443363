"""*Handover*: the notes that shifts leave each other, queue by queue."""
