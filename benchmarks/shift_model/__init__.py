"""A shift played in the computer's head: people, tasks, and the one database that hands them out.

It answers what this machine is too small to try: how long people and urgent tasks wait when
hundreds or twenty thousand work, and where one primary ends. Plain Python, seeded, no database.
"""
