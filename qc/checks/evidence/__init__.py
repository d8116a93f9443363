"""Files of a check: photos and documents of a task, of an item of its plan or of a defect.

Pages and API call `actions` and `reading`; the hourly job calls `retention`. Where the files are
is the storage "evidence" of the settings.
"""

from qc.checks.evidence.actions import MOST_FILES, add, remove
from qc.checks.evidence.reading import HAS_FILES, may_see, of_check, of_task, visible_to

__all__ = [
    "HAS_FILES",
    "MOST_FILES",
    "add",
    "may_see",
    "of_check",
    "of_task",
    "remove",
    "visible_to",
]
