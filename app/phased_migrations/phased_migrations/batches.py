"""Data moves beside a running application: in batches, each a transaction of its own, resumed where they stopped."""

import logging

from alembic import op
from sqlalchemy import text

log = logging.getLogger("alembic.batches")


def repeat(statement: str, what: str) -> int:
    """Run a statement that works on a bounded number of rows until it finds none; give how many it found in all.

    For use in a revision's `upgrade`. The statement looks for what is left to do, so that a run that was cut off is
    resumed by the next: `UPDATE t SET new = old WHERE id IN (SELECT id FROM t WHERE new IS NULL LIMIT 1000)`, where
    `old` is never NULL. `what` stands in the progress that is shown.
    """
    total = 0
    with op.get_context().autocommit_block():
        while found := op.get_bind().execute(text(statement)).rowcount:
            total += found
            log.info("%s: %d rows", what, total)
    return total
