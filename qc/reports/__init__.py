"""Reports: what was completed, given back and late, by person, queue or day."""
