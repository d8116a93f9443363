"""Old history, moved out of the database into files that prove themselves."""
