"""Lists of pupils from schools become families whom Renouer can reach.

`parse` and `check` are pure; `import_families` does the whole, in one transaction.
"""

from outreach.families.checking import check, check_all
from outreach.families.reading import parse
from outreach.families.rows import FileError, Good, Notice, Refused, Rejected, Row

__all__ = [
    "FileError",
    "Good",
    "Notice",
    "Refused",
    "Rejected",
    "Row",
    "check",
    "check_all",
    "parse",
]
