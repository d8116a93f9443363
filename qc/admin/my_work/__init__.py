"""The *My work* page: the task in front of a QC person."""
