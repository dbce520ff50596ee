"""What a rehearsal runs in its containers, and what it makes of their answers."""

from __future__ import annotations

import json
import subprocess

from filter.rehearsal import (
    rehearsal_applied,
    rehearsal_findings,
    rehearsal_refusal,
    rehearsal_script,
    rehearsal_sql,
)

APPLIED = [
    {"revision": "a1", "statements": ["BEGIN", "COMMENT ON TABLE t IS 'x;\ny' -- why", "COMMIT"]},
    {"revision": "b2", "statements": ["ALTER TABLE t\nDROP COLUMN c"]},
]


def test_acts_run_as_their_roles_until_one_fails() -> None:
    acts = [
        {"role": "owner", "shows": "the first", "command": "sh -c 'echo $DATABASE_USER $DATABASE_PASSWORD_FILE'"},
        {"role": "app", "shows": "the second one's", "command": "sh -c 'echo $DATABASE_USER; exit 3'"},
        {"role": "app", "shows": "the third", "command": "echo never"},
    ]
    script = rehearsal_script(acts, {"owner": "shop_owner", "app": "shop_app"})
    ran = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert ran.stdout.splitlines() == [
        "Rehearsal: the first",
        "shop_owner /run/secrets/owner_password",
        "Rehearsal: the second one's",
        "shop_app",
    ]


def test_the_answer_is_found_among_what_else_was_printed() -> None:
    printed = f"Rehearsal: x\nINFO  [alembic] Running upgrade\n{json.dumps(APPLIED)}\n"
    assert rehearsal_applied(printed) == APPLIED
    assert rehearsal_applied("Rehearsal: x\n[]\n") == []


def test_a_finding_names_the_revision_whatever_lines_statements_have() -> None:
    sql = rehearsal_sql(APPLIED).splitlines()
    found = {"line": sql.index("DROP COLUMN c"), "message": "It breaks.", "rule_name": "ban"}
    assert rehearsal_findings(json.dumps([found]), APPLIED) == ["Revision b2: It breaks. (squawk's rule ban)"]
    assert rehearsal_findings("[]", APPLIED) == []


def test_no_statement_runs_into_the_comment_of_the_one_before() -> None:
    assert "-- why\n;\nCOMMIT\n;\n" in rehearsal_sql(APPLIED)


def test_a_refusal_says_which_act_failed_and_why() -> None:
    printed = "Rehearsal: one\nfine\nRehearsal: two\nTraceback\nError: no column.\n"
    assert rehearsal_refusal(printed) == "two: no column."
    assert rehearsal_refusal("Rehearsal: one\nERROR [flask_migrate] Error: New operations\n") == "one: New operations"
    assert rehearsal_refusal("Rehearsal: one\nTraceback\nKeyError: 'x'\n") == "one: KeyError: 'x'"
    assert rehearsal_refusal("No room is left.") == "No room is left."
    assert rehearsal_refusal("") == "nothing was printed"
