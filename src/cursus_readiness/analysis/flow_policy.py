"""How much it matters what was found about the flow of data: every constant of that in one place."""

from __future__ import annotations

from cursus_readiness.model.finding import Severity
from cursus_readiness.model.lineage import ChangeKind

ROWS_CHANGED_RATIO = 0.2
"""A table may have so much more or fewer rows than last time: a share of those that it had."""
MOST_NAMED = 5
"""So many columns are named in a message."""

CHANGES: dict[ChangeKind, Severity] = {
    ChangeKind.MISSING_TABLE: Severity.WARNING,
    ChangeKind.NEW_TABLE: Severity.NOTE,
    ChangeKind.FORMAT: Severity.WARNING,
    ChangeKind.DROPPED_COLUMN: Severity.WARNING,
    ChangeKind.ADDED_COLUMN: Severity.NOTE,
    ChangeKind.RETYPED_COLUMN: Severity.WARNING,
    ChangeKind.REORDERED_COLUMNS: Severity.NOTE,
    ChangeKind.ROWS: Severity.WARNING,
}
"""What a change of data that a later step reads is; of data that none reads, all are notes."""

ALL_ROWS_LOST = Severity.ERROR
"""A step that read rows has written tables without one, and a later step reads them."""
EMPTY_TABLE = Severity.WARNING
"""A table without rows goes to a later step, while others have some."""
UNREADABLE_TABLE = Severity.WARNING
"""A later step gets a table that could not be read here, has an empty file or parts that do not fit together."""
UNKNOWN_COLUMN = Severity.WARNING
"""A step is told of a column that no table has that it reads."""
ROWS_LOST = Severity.NOTE
"""A step has written fewer rows than it read."""
