"""Use every operation of the API as people do, so that a changed schema meets the code that will run on it.

What is sent are the longest values that the API takes, and the shortest, and some twice: what a narrower schema would
refuse. What is read must be what was written.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from flask import Flask, got_request_exception
from phased_migrations import ExerciseError

from .models import LARGEST_DOCUMENT, DocumentType, PostingStatus

if TYPE_CHECKING:  # not loaded by those who serve
    from werkzeug.test import TestResponse

LINE, LONG_TEXT = "é" * 200, "é" * 10_000
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"
PROFILE = {
    "full_name": LINE,
    "headline": LINE,
    "location": LINE,
    "phone": "é" * 40,
    "website": "https://example.invalid/".ljust(500, "x"),
    "summary": LONG_TEXT,
}
NO_PROFILE = dict.fromkeys(PROFILE, "")
# Of each list: an entry with everything, and one with what it cannot do without.
PERIOD = {"start_date": FIRST_DAY, "end_date": LAST_DAY, "description": LONG_TEXT}
ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "education": (
        {**PERIOD, "school": LINE, "degree": LINE, "field_of_study": LINE},
        {"school": "é", "start_date": LAST_DAY},
    ),
    "work": (
        {**PERIOD, "company": LINE, "title": LINE, "location": LINE},
        {"company": "é", "title": "é", "start_date": LAST_DAY},
    ),
    "postings": (
        {
            "company": LINE,
            "title": LINE,
            "location": LINE,
            "description": "é" * 20_000,
            "link": "https://example.invalid/".ljust(2_000, "x"),
            "status": PostingStatus.REJECTED,
            "posted_on": FIRST_DAY,
            "closes_on": LAST_DAY,
            "applied_on": FIRST_DAY,
        },
        {"company": "é", "title": "é"},
    ),
}


def exercise(app: Flask) -> None:
    """Let two people use the application, side by side, and leave.

    Raises ExerciseError with a sentence that names the operation that did not do what it should.
    """
    # Nobody else shall read these sessions, so any key will do where the application was given none.
    app.secret_key = app.secret_key or secrets.token_hex()
    with _exceptions_of(app) as exceptions:
        people = [Person(app, exceptions, LARGEST_DOCUMENT), Person(app, exceptions, 1)]
        try:
            for person in people:
                person.arrive()
            people[0].ask("POST", "/auth/sign-up", HTTPStatus.CONFLICT, json=people[1].sign_up | {"full_name": LINE})
            for person in people:
                person.live()
        except ExerciseError:
            # They leave all the same, as far as they can; what broke first is what is told.
            for person in people:
                person.browser.post("/api/v1/account/deletion", json={"password": person.password}, **ORIGIN)
            raise
        for person in people:
            person.leave()


# The session's cookie is given to a secure site only.
ORIGIN: dict[str, Any] = {"base_url": "https://localhost"}


class Person:
    """Somebody with an account, in a browser of their own."""

    def __init__(self, app: Flask, exceptions: list[Exception], document_bytes: int) -> None:
        self.browser = app.test_client()
        self._exceptions = exceptions
        self._document_bytes = document_bytes
        self.password = secrets.token_hex(64)
        address = f"{secrets.token_hex(8)}@Example.invalid"
        self.email = address.rjust(254, "x")
        self.sign_up = {"email": self.email, "password": self.password}

    def ask(self, method: str, path: str, status: HTTPStatus = HTTPStatus.OK, **sent: Any) -> "TestResponse":  # noqa: ANN401 - what the client takes
        """Send a request; the answer must have this status, and arrive whole. Raises ExerciseError."""
        self._exceptions.clear()
        try:
            answer = self.browser.open(f"/api/v1{path}", method=method, buffered=True, **ORIGIN, **sent)
        except Exception as error:  # an answer that breaks off raises whatever broke it
            raise ExerciseError(f"{method} {path} broke off: {_line(error)}") from error
        if answer.status_code != status:
            why = (
                _line(self._exceptions[-1])
                if self._exceptions
                else (answer.json or {}).get("detail", "no reason given")
            )
            raise ExerciseError(f"{method} {path} answered {answer.status_code} instead of {status.value}: {why}")
        return answer

    def write(
        self, method: str, path: str, sent: dict[str, Any], etag: str | None = None, status: HTTPStatus = HTTPStatus.OK
    ) -> dict[str, Any]:
        """Send JSON; the answer, and what is read afterwards, must hold it. Gives what is read."""
        answer = self.ask(method, path, status, json=sent, headers={"If-Match": etag} if etag else {})
        _compare(f"{method} {path}", answer.json or {}, sent)
        kept = answer.headers.get("Location", f"/api/v1{path}").removeprefix("/api/v1").removesuffix("/status")
        read: dict[str, Any] = self.ask("GET", kept).json or {}
        _compare(f"GET {kept}", read, sent)
        return read

    def arrive(self) -> None:
        """Sign up, log out and log in, in another spelling."""
        self.ask("POST", "/auth/sign-up", HTTPStatus.CREATED, json=self.sign_up)
        self.ask("POST", "/auth/log-out", HTTPStatus.NO_CONTENT, json={})
        self.ask("POST", "/auth/log-in", json=self.sign_up | {"email": self.email.swapcase()})
        _compare("GET /auth/me", self.ask("GET", "/auth/me").json or {}, {"email": self.email})

    def live(self) -> None:
        """Fill the account, change what is in it, and look at everything."""
        read = self.ask("GET", "/profile").json or {}
        for profile in (PROFILE, NO_PROFILE):
            read = self.write("PUT", "/profile", profile, read["etag"])
        for name, (full, bare) in ENTRIES.items():
            self._keep_list(name, full, bare)
        posting = self._move_posting()
        self._keep_documents(posting)
        self._export()
        self._change_password()

    def _keep_list(self, name: str, full: dict[str, Any], bare: dict[str, Any]) -> None:
        """Add entries, turn one into another kind and back, list them, remove one of three."""
        path = f"/{name}"
        keys = [self.write("POST", path, sent, status=HTTPStatus.CREATED)["id"] for sent in (full, bare, bare)]
        for sent in (full, bare):
            read = self.ask("GET", f"{path}/{keys[1]}").json or {}
            self.write("PUT", f"{path}/{keys[1]}", sent, read["etag"])
        self._count(path, 3)
        self.ask("DELETE", f"{path}/{keys[2]}", HTTPStatus.NO_CONTENT)
        self._count(path, 2)

    def _move_posting(self) -> int:
        """Take a posting through every status, and find it; gives its key."""
        posting = self.write("POST", "/postings", {"company": "é", "title": "Seeker"}, status=HTTPStatus.CREATED)
        path = f"/postings/{posting['id']}"
        for status in PostingStatus:
            posting = self.write("PUT", f"{path}/status", {"status": status}, posting["etag"])
        self._count(f"/postings?status={posting['status']}&search=seeker", 1)
        return int(posting["id"])

    def _keep_documents(self, posting: int) -> None:
        """Upload files of every type, read them, tailor one to a posting that then goes, remove another."""
        keys = [self._upload(content, kind) for content, kind in _files(self._document_bytes)]
        path = f"/documents/{keys[0]}"
        document = self.ask("GET", path).json or {}
        self.write("PUT", path, {"job_posting_id": posting}, document["etag"])
        self._count(f"/documents?job_posting_id={posting}", 1)
        self.ask("DELETE", f"/postings/{posting}", HTTPStatus.NO_CONTENT)
        _compare(f"GET {path}", self.ask("GET", path).json or {}, {"job_posting_id": None})
        self.ask("DELETE", f"/documents/{keys[1]}", HTTPStatus.NO_CONTENT)
        self._count("/documents", len(keys) - 1)

    def _upload(self, content: bytes, kind: DocumentType) -> int:
        """Upload a file twice, which makes one document, and download it; gives its key."""
        sent: dict[str, Any] = {"data": content, "content_type": "application/octet-stream"}
        sent["query_string"] = {"name": LINE}
        made = self.ask("POST", "/documents", HTTPStatus.CREATED, **sent).json or {}
        _compare("POST /documents", made, {"name": LINE, "content_type": kind, "size_bytes": len(content)})
        _compare("POST /documents", self.ask("POST", "/documents", **sent).json or {}, {"id": made["id"]})
        path = f"/documents/{made['id']}/content"
        if self.ask("GET", path).data != content:
            raise ExerciseError(f"GET {path} gave another file than was uploaded.")
        return int(made["id"])

    def _export(self) -> None:
        """Download everything, as an archive that opens."""
        exported = self.ask("GET", "/account/export").data
        try:
            broken = ZipFile(BytesIO(exported)).testzip()
        except BadZipFile as error:
            raise ExerciseError(f"GET /account/export gave no archive: {error}") from error
        if broken is not None:
            raise ExerciseError(f"GET /account/export gave an archive in which {broken} is damaged.")

    def _change_password(self) -> None:
        """Change the password, and log in with the new one."""
        new = secrets.token_hex(64)
        changed = {"current_password": self.password, "new_password": new}
        self.ask("POST", "/account/password", HTTPStatus.NO_CONTENT, json=changed)
        self.password = self.sign_up["password"] = new
        self.ask("POST", "/auth/log-in", json=self.sign_up)

    def leave(self) -> None:
        """Delete the account; afterwards nobody can log in with it."""
        self.ask("POST", "/account/deletion", HTTPStatus.NO_CONTENT, json={"password": self.password})
        self.ask("POST", "/auth/log-in", HTTPStatus.UNAUTHORIZED, json=self.sign_up)

    def _count(self, path: str, expected: int) -> None:
        """Read a list, which must have this length."""
        listed = self.ask("GET", path).json or {}
        if listed["total"] != expected or len(listed["items"]) != expected:
            raise ExerciseError(f"GET {path} listed {listed['total']} instead of {expected}.")


def _compare(what: str, answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Refuse an answer that holds something else. Raises ExerciseError naming the member; values are long."""
    for member, value in expected.items():
        if member not in answer or answer[member] != value:
            raise ExerciseError(f"{what} answered another {member} than was written.")


def _files(size: int) -> Iterator[tuple[bytes, DocumentType]]:
    """Give a file of every type, one of them of this many bytes."""
    yield b"x" * size, DocumentType.PLAIN
    yield b"%PDF-1.7", DocumentType.PDF
    yield _archive({"[Content_Types].xml": "", "word/document.xml": ""}), DocumentType.DOCX
    yield _archive({"mimetype": DocumentType.ODT, "content.xml": ""}), DocumentType.ODT


def _archive(entries: dict[str, str]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return packed.getvalue()


@contextmanager
def _exceptions_of(app: Flask) -> Iterator[list[Exception]]:
    """Collect what views raise, which their answers do not tell."""
    seen: list[Exception] = []

    def note(_app: Flask, exception: Exception) -> None:
        seen.append(exception)

    with got_request_exception.connected_to(note, app):
        yield seen


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
