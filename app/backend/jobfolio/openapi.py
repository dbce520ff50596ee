"""The API's description: what APIFlask cannot tell from the code is added here, the same for every operation."""

from http import HTTPStatus
from typing import Any, cast

from apiflask import APIFlask

Operation = dict[str, Any]

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "about:blank, or urn:jobfolio:problem: and a kind."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer to a member of the request."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The etag of the state that you edit, or * for whichever it is.",
    "schema": {"type": "string", "pattern": r'^(\*|"[!#-~]*")$', "examples": ["*"]},
}
UNSIGNED = ("/api/v1/auth/sign-up", "/api/v1/auth/log-in", "/api/v1/auth/log-out")
# By the edge: everywhere a password can be guessed.
LIMITED = ("/api/v1/auth/sign-up", "/api/v1/auth/log-in", "/api/v1/account/password", "/api/v1/account/deletion")
UPLOADS = "/api/v1/documents"
COLLECTIONS = ("/api/v1/education", "/api/v1/work", "/api/v1/postings", UPLOADS)
MADE = {"key": "$response.body#/id"}
KEY = {"type": "integer", "minimum": 1}


def init_openapi(app: APIFlask) -> None:
    """Describe the API at /api/v1/openapi.json."""
    app.config |= {
        "OPENAPI_VERSION": "3.1.0",
        "AUTO_OPERATION_ID": True,
        "AUTO_SERVERS": False,
        "AUTO_VALIDATION_ERROR_RESPONSE": False,
        "AUTO_404_RESPONSE": False,
        "AUTO_TAGS": True,
    }
    app.security_schemes = {"session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]}}
    app.spec_processor(cast("Any", complete))


def file_response(description: str, *content_types: str) -> dict[int | str, dict[str, str | dict[str, dict[str, Any]]]]:
    """Describe a successful answer that is a file."""
    file = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": description, "content": dict.fromkeys(map(str, content_types), file)}}


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Add problem answers, preconditions, the session and the bodies that are files (APIFlask's hook)."""
    spec["components"]["schemas"]["Problem"] = PROBLEM
    spec.pop("tags", None)
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            describe(path, method, operation)
    return unnested(spec)


def describe(path: str, method: str, operation: Operation) -> None:
    """Complete one operation."""
    operation["tags"] = [path.split("/")[3]]
    operation["operationId"] = operation["operationId"].replace("_api_", "_")
    if path not in UNSIGNED:
        operation["security"] = [{"session": []}]
    for parameter in operation["parameters"]:
        describe_parameter(parameter)
    if method in {"put", "delete"}:
        operation["parameters"].append(IF_MATCH | {"required": method == "put"})
    if path == UPLOADS and method == "post":
        file = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        operation["requestBody"] = {"content": {"application/octet-stream": file}}
        operation["responses"]["200"] = operation["responses"]["201"] | {"description": "The same file is here already"}
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    if method == "post" and path in COLLECTIONS:
        operation["responses"]["201"]["links"] = {
            name: {"operationRef": f"#/paths/{escaped(path)}~1%7Bkey%7D/{name}", "parameters": MADE}
            for name in ("get", "put", "delete")
        }
    for status in sorted(problems(path, method, operation)):
        operation["responses"][str(status.value)] = {
            "description": status.phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


def escaped(path: str) -> str:
    """Write a path as one token of a JSON pointer (RFC 6901)."""
    return path.replace("/", "~1")


def describe_parameter(parameter: dict[str, Any]) -> None:
    """Say what a key is; and that a query leaves out what is null in a body."""
    if parameter["in"] == "path":
        parameter["schema"] = KEY
    elif "anyOf" in parameter["schema"]:
        parameter["schema"] = parameter["schema"]["anyOf"][0]


def problems(path: str, method: str, operation: Operation) -> set[HTTPStatus]:
    """Tell which problem answers an operation may give."""
    conditions = {
        HTTPStatus.BAD_REQUEST: True,
        HTTPStatus.REQUEST_URI_TOO_LONG: True,
        HTTPStatus.SERVICE_UNAVAILABLE: True,
        HTTPStatus.UNAUTHORIZED: path not in UNSIGNED or path.endswith("/log-in"),
        HTTPStatus.FORBIDDEN: method != "get",
        HTTPStatus.NOT_FOUND: "{key}" in path,
        HTTPStatus.CONFLICT: method == "post" and (path.endswith("/sign-up") or path in COLLECTIONS),
        HTTPStatus.PRECONDITION_FAILED: method in {"put", "delete"},
        HTTPStatus.PRECONDITION_REQUIRED: method == "put",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "requestBody" in operation,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "requestBody" in operation,
        HTTPStatus.UNPROCESSABLE_ENTITY: "requestBody" in operation
        or any(parameter["in"] == "query" for parameter in operation["parameters"]),
        HTTPStatus.TOO_MANY_REQUESTS: path in LIMITED,
    }
    return {status for status, applies in conditions.items() if applies}


def unnested(spec: dict[str, Any]) -> dict[str, Any]:
    """Give models that are part of others their own names: APIFlask calls them Outer.Inner."""
    names = {name: name.rpartition(".")[2] for name in spec["components"]["schemas"]}

    def renamed(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            if "$ref" in value:
                prefix, _, name = value["$ref"].rpartition("/")
                return value | {"$ref": f"{prefix}/{names.get(name, name)}"}
            return {key: renamed(member) for key, member in value.items()}
        return [renamed(item) for item in value] if isinstance(value, list) else value

    spec = renamed(spec)
    schemas = spec["components"]["schemas"]
    spec["components"]["schemas"] = {names[name]: schema for name, schema in sorted(schemas.items())}
    return spec
