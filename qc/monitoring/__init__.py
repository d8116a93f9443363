"""What an operator must know: how each job went, how the floor stands, and what the log says.

Jobs write it (`job_runs`); the status page, `/readyz` and `/metrics` read it.
"""
