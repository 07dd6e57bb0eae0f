"""The tasks of both papers: what they are, where their data are and how their answers are scored.

No module here knows a model or a tensor. `datasets` and scikit-learn are imported only when data are read or scored.
"""

from lth.tasks.facts import TASKS, Files, Hub, Task
from lth.tasks.load import available, fingerprint, load
from lth.tasks.lookup import get_task, named_in_file
from lth.tasks.metrics import majority, scores
from lth.tasks.splits import Splits

__all__ = [
    "TASKS",
    "Files",
    "Hub",
    "Splits",
    "Task",
    "available",
    "fingerprint",
    "get_task",
    "load",
    "majority",
    "named_in_file",
    "scores",
]
