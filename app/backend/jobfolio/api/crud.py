"""What every list of one's own things has in common: add, read, replace and remove one."""

from http import HTTPStatus
from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from ..database import db
from ..models import Owned, UserProfile
from ..ownership import find, find_to_edit, make_room
from ..schemas.base import Answer, Body
from ..sessions import current_user_id

# What a view gives to APIFlask: body, status, headers (ETag, and Location where something is new).
TaggedAnswer = tuple[Any, HTTPStatus, dict[str, str]]


def saved(row: Owned | UserProfile, answer: type[Answer]) -> TaggedAnswer:
    """Save a row, and answer with the very state that was saved: another edit may follow at once."""
    db.session.flush()
    db.session.refresh(row)
    answered = tagged(row, answer)
    db.session.commit()
    return answered


def tagged(row: Owned | UserProfile, answer: type[Answer]) -> TaggedAnswer:
    """Answer with a row as it is."""
    return answer.of(row), HTTPStatus.OK, {"ETag": row.etag}


def add_crud(blueprint: APIBlueprint, model: type[Owned], body: type[Body], answer: type[Answer]) -> None:
    """Give a blueprint the four operations on single rows of a table."""

    @blueprint.post("")
    @blueprint.input(body)
    @blueprint.output(answer, status_code=HTTPStatus.CREATED)
    def add(json_data: Body) -> TaggedAnswer:
        """Add one."""
        make_room(model)
        row = model(**json_data.model_dump())
        row.user_id = current_user_id()
        db.session.add(row)
        shown, _, headers = saved(row, answer)
        return shown, HTTPStatus.CREATED, headers | {"Location": url_for(".read", key=shown.id)}

    @blueprint.get("/<int:key>")
    @blueprint.output(answer)
    def read(key: int) -> TaggedAnswer:
        """Read one."""
        row = find(model, key)
        return tagged(row, answer)

    @blueprint.put("/<int:key>")
    @blueprint.input(body)
    @blueprint.output(answer)
    def replace(key: int, json_data: Body) -> TaggedAnswer:
        """Replace one."""
        row = find_to_edit(model, key)
        for member, value in json_data:
            setattr(row, member, value)
        return saved(row, answer)

    @blueprint.delete("/<int:key>")
    @blueprint.output({}, status_code=HTTPStatus.NO_CONTENT)
    def remove(key: int) -> str:
        """Remove one."""
        db.session.delete(find_to_edit(model, key))
        db.session.commit()
        return ""
