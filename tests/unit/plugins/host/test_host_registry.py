"""Where an image is: on the host, in its registry, or nowhere."""

from __future__ import annotations

import http.client

import pytest
from host import registry

DIGEST = "sha256:" + 64 * "0"
IMAGE = f"198.18.5.15:5000/jobfolio/backend@{DIGEST}"
OTHER = f"198.18.5.15:5000/jobfolio/edge@{DIGEST}"


class Answers:
    """A connection that answers with one status, or fails; it counts what it is asked."""

    status: int | OSError = 200
    asked: tuple[str, ...] = ()

    def __init__(self, host: str, **_: object) -> None:
        self.host = host

    def request(self, method: str, path: str, **_: object) -> None:
        Answers.asked += (f"{method} {self.host}{path}",)
        if isinstance(self.status, OSError):
            raise self.status

    def getresponse(self) -> Answers:
        return self

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client, "HTTPSConnection", Answers)
    monkeypatch.setattr(Answers, "asked", ())


def test_no_registry_is_asked_for_an_image_that_the_host_has() -> None:
    assert registry.find_images([IMAGE], [IMAGE], "", 1) == {IMAGE: "host"}
    assert Answers.asked == ()


@pytest.mark.parametrize(
    ("status", "where"), [(200, "registry"), (404, "missing"), (500, "it answers with HTTP status 500")]
)
def test_the_registry_is_asked_for_the_manifest(monkeypatch: pytest.MonkeyPatch, status: int, where: str) -> None:
    monkeypatch.setattr(Answers, "status", status)
    assert registry.find_images([IMAGE], [], "", 1) == {IMAGE: where}
    assert Answers.asked == (f"HEAD 198.18.5.15:5000/v2/jobfolio/backend/manifests/{DIGEST}",)


def test_a_registry_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "status", ConnectionRefusedError(111, "Connection refused"))
    found = registry.find_images([IMAGE, OTHER], [], "", 1)
    assert set(found.values()) == {"[Errno 111] Connection refused"}
    assert len(Answers.asked) == 1


def test_an_image_that_is_not_pinned_by_digest_is_named() -> None:
    assert (
        "not of the form" in registry.find_images(["registry:5000/app:latest"], [], "", 1)["registry:5000/app:latest"]
    )
