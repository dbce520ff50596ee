"""What HAProxy says is understood; what it is told leaves nothing behind."""

from __future__ import annotations

import pytest
from rolling.haproxy import (
    UnknownServerError,
    known,
    read_reload,
    read_stat,
    read_variable,
    to_check,
    to_drain,
    to_leave,
    to_serve,
)

# From HAProxy 3.0, columns that nobody reads left out.
STAT = """# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,weight,check_status,last_chk,
https,FRONTEND,,,3,4,4096,812,OPEN,,,,
be_backend,backend1-a,1,1,2,5,,400,UP,1,L7OK,HTTP status check returned code <200>,
be_backend,backend1-b,0,0,0,5,,400,DOWN,1,L4CON,Connection refused,
be_backend,backend2-a,0,0,4,5,,400,DRAIN,1,L7OK,,
be_backend,backend2-b,0,0,0,5,,400,UP 3/5,1,L7TOUT,,
be_backend,BACKEND,0,0,7,9,410,812,UP,2,,,
be_frontend,edge1-a,0,0,0,5,,400,MAINT,1,,,
"""


def test_servers_of_one_backend_are_read_with_what_they_serve_and_what_waits() -> None:
    servers = read_stat(STAT, "be_backend")
    assert list(servers) == ["backend1-a", "backend1-b", "backend2-a", "backend2-b"]
    assert servers["backend1-a"].sessions == 3
    assert servers["backend1-b"].check == "L4CON Connection refused"


def test_only_servers_that_get_requests_are_up() -> None:
    servers = read_stat(STAT, "be_backend")
    assert [name for name, server in servers.items() if server.up] == ["backend1-a", "backend2-b"]
    assert not read_stat(STAT, "be_frontend")["edge1-a"].up


def test_an_edge_that_knows_no_slot_of_a_new_host_has_nothing_to_move() -> None:
    assert not known(read_stat(STAT, "be_backend"), ["backend3-b"], ["backend3-a"])
    assert not known({}, [], ["backend1-a"])


def test_an_edge_that_knows_the_old_slot_only_is_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownServerError, match=r"no server backend1-c.*deploy\.yml"):
        known(read_stat(STAT, "be_backend"), ["backend1-c"], ["backend1-a"])


def test_a_server_that_leaves_maintenance_is_down_until_its_own_check_passes() -> None:
    server = read_stat(STAT, "be_frontend")["edge1-a"]
    assert to_serve("be", server) == [
        "set server be/edge1-a state drain",
        "set server be/edge1-a health down",
        "set server be/edge1-a state ready",
    ]
    assert to_drain("be", server) == []


def test_a_server_that_is_only_checked_gets_nothing_and_is_down_at_first() -> None:
    server = read_stat(STAT, "be_backend")["backend1-b"]
    assert to_check("be", server) == ["set server be/backend1-b state drain", "set server be/backend1-b health down"]


def test_a_server_that_serves_again_before_it_was_empty_is_not_put_down() -> None:
    server = read_stat(STAT, "be_backend")["backend2-a"]
    assert to_serve("be", server) == ["set server be/backend2-a state ready"]
    assert to_drain("be", server) == ["set server be/backend2-a state drain"]
    assert to_leave("be", server) == ["set server be/backend2-a state maint"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("proc.config: type=str value=<c16b29ae>\n", "c16b29ae"),
        ("proc.config: type=str value=<>\n", ""),
        ("Variable not found.\n", None),
        ("", None),
    ],
)
def test_a_process_variable_is_read(said: str, value: str | None) -> None:
    assert read_variable(said) == value


def test_a_refused_reload_is_told_from_one_that_succeeded() -> None:
    assert read_reload("Success=1\n--\n[NOTICE] (1) : loading\n") == (True, "[NOTICE] (1) : loading")
    assert read_reload("Success=0\n--\n[ALERT] unknown keyword\n") == (False, "[ALERT] unknown keyword")
    assert read_reload("Success=1\n") == (True, "")
    assert read_reload("") == (False, "")
