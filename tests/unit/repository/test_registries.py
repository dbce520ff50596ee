"""No file tells a tool where packages come from: a site with a mirror configures its tools, and needs no patch here."""

from pathlib import Path

HOSTS = [b"pypi.org", b"files.pythonhosted.org", b"registry.npmjs.org", b"deb.debian.org", b"security.debian.org"]
LOCK_FILES = ["requirements.txt", "package-lock.json"]


def naming_a_registry(paths: list[Path]) -> dict[str, list[str]]:
    found = {str(path): [host.decode() for host in HOSTS if host in path.read_bytes()] for path in paths}
    return {path: hosts for path, hosts in found.items() if hosts}


def test_no_lock_file_and_no_source_list_names_a_registry(files: list[Path]) -> None:
    assert not naming_a_registry([path for path in files if path != Path(__file__)])


def test_the_lock_files_are_among_what_is_searched(files: list[Path]) -> None:
    names = [path.name for path in files]
    assert [name for name in LOCK_FILES if name not in names] == []


def test_the_search_would_find_a_registry() -> None:
    assert naming_a_registry([Path(__file__)])
