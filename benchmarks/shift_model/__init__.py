"""A simulation of a shift: people, tasks, and the one database that hands them out.

It answers what one machine is too small to try: how long people and urgent tasks wait when hundreds
or twenty thousand work, and where one primary is full. Plain Python, seeded, no database.
"""
