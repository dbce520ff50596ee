"""What psql and the server print is told apart from what must not be told."""

from __future__ import annotations

from postgres.client import answers, first_error, logged


def test_error_is_told_without_the_statement_that_follows_it() -> None:
    printed = (
        'psql:<stdin>:3: ERROR:  role "shop_app" already exists\n'
        "LINE 1: CREATE ROLE shop_app PASSWORD 'SCRAM-SHA-256$4096:...\n"
    )
    assert first_error(printed) == 'psql:<stdin>:3: ERROR:  role "shop_app" already exists'


def test_messages_of_the_server_are_told_without_time_and_process() -> None:
    printed = (
        '2026-11-22 10:40:16.762 UTC [1] LOG:  invalid value for parameter "work_mem": "lots"\n'
        'HINT:  Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".\n'
        '2026-11-22 10:40:16.763 UTC [1] FATAL:  configuration file "/etc/postgresql/postgresql.conf" contains errors\n'
    )
    assert logged(printed) == [
        'invalid value for parameter "work_mem": "lots"',
        'configuration file "/etc/postgresql/postgresql.conf" contains errors',
    ]


def test_every_line_of_json_is_one_answer() -> None:
    assert answers('{"roles": []}\n\n{"revisions": ["0001"]}\n') == [{"roles": []}, {"revisions": ["0001"]}]
