"""What `flask db migrate` writes: expand and contract apart, and the head file beside them."""

import logging

from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import rev_id

from .history import head_file
from .inference import split

log = logging.getLogger("alembic.env")


def process(context: MigrationContext, _revision: object, directives: list[ops.MigrationScript]) -> None:
    """Part what `flask db migrate` is about to write, and write the head file; for `process_revision_directives`.

    A change that is of both kinds becomes two chained revisions, one that changes nothing becomes none. `flask db
    check` comes here too, and writes nothing.
    """
    config = context.config
    if config is None or not getattr(config.cmd_opts, "autogenerate", False):
        return
    directives[:] = [part for script in directives for part in split_script(script)]
    if not directives:
        log.info("No changes in schema detected.")
    else:
        head_file(ScriptDirectory.from_config(config)).write_text(f"{directives[-1].rev_id}\n")


def split_script(script: ops.MigrationScript) -> list[ops.MigrationScript]:
    """Part a revision into expand and contract where it holds both; leave out one that holds nothing."""
    expand, contract = split(_flat(script.upgrade_ops.ops if script.upgrade_ops else []))
    if not expand or not contract:
        return [script] if expand or contract else []
    first = ops.MigrationScript(
        rev_id(),
        ops.UpgradeOps(ops=expand),
        ops.UpgradeOps(ops=expand).reverse(),
        message=script.message,
        imports=set(script.imports),
        head=script.head,
        splice=script.splice,
        branch_label=script.branch_label,
        version_path=script.version_path,
        depends_on=script.depends_on,
    )
    second = ops.MigrationScript(
        script.rev_id,
        ops.UpgradeOps(ops=contract),
        ops.UpgradeOps(ops=contract).reverse(),
        message=f"{script.message or ''} contract".strip(),
        imports=set(script.imports),
        head=first.rev_id,
        version_path=script.version_path,
    )
    return [first, second]


def _flat(operations: list[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    return [inner for one in operations for inner in (_flat(one.ops) if isinstance(one, ops.OpContainer) else [one])]
