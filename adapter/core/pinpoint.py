"""Where a value departs from its schema: not the object that has alternatives, but the member that spoils it."""

from collections.abc import Iterator

import jsonschema_rs


def pinpoint(error: jsonschema_rs.ValidationError) -> Iterator[jsonschema_rs.ValidationError]:
    """An error, or those inside it of the one alternative that the value is meant for: right but for its members."""
    depth = len(error.instance_path)
    for branch in getattr(error.kind, "context", ()):
        if branch and all(len(inner.instance_path) > depth or _lacks_member(inner) for inner in branch):
            for inner in branch:
                yield from pinpoint(inner)
            return
    yield error


def _lacks_member(error: jsonschema_rs.ValidationError) -> bool:
    return bool(error.schema_path) and error.schema_path[-1] == "required"
