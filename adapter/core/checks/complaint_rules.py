"""What must be right about the section ``[error]``: the codes that a backend's become are ours."""

from collections.abc import Iterator

from adapter.core.complaints import COMPLAINTS
from adapter.core.files.mappings import Errors
from adapter.lens.rules import Finding, unknown


def check_complaints(errors: Errors, source: str) -> Iterator[Finding]:
    """Codes that are none of ours."""
    named = {f"codes[{theirs!r}]": ours for theirs, ours in errors.codes.items()}
    for key in ("said", "warnings"):
        named |= {f"{key}[{i}].else": said.otherwise for i, said in enumerate(getattr(errors, key))}
    for place, code in named.items():
        if code not in COMPLAINTS:
            message, near = unknown("code of ours", code, COMPLAINTS)
            yield Finding("unknown_code", f"{source}: error.{place}", message, suggestion=near)
