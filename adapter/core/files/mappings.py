"""What a mapping file may say besides its rows: settings, secrets, headers, steps, outcomes, errors; reading one."""

from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from adapter.core.files.forms import as_findings, find_slips
from adapter.lens.rows import CodecUse, Row, Shape
from adapter.lens.rules import Finding, refuse
from adapter.lens.templates import references


class Setting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something unknown about a backend that each tenant may set; ``default`` is what we assume.

    ``example`` stands in for a required one where calls are only looked at.
    """

    about: str
    default: Any = None
    example: Any = None
    choices: tuple[Any, ...] = ()
    required: bool = False


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header of every call; name and value may refer to settings and secrets."""

    name: str
    value: str


class StepRows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One call of the way to a placed order; paths of ``send``, ``unless``, ``when`` are in the mapped order."""

    name: str
    operation: str
    send: str | None = None
    for_each: str | None = None
    in_list: bool = False
    when: str | None = None
    unless: str | None = None
    path: dict[str, str] = {}
    query: dict[str, str] = {}
    fill: dict[str, str] = {}
    keep: dict[str, str] = {}
    pass_on: dict[str, str] = {}
    receipt: bool = False
    echo: bool = False


class Idempotency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the backend promises about a repeated call.

    ``recovery`` is the class of what may follow an unknown outcome: A resend under the same key, C and D look the
    order up, by itself or in a list, E nothing; B (a unique reference) is treated as E.
    ``about`` goes on after "the key is honoured", with what the other members cannot say.
    """

    recovery: Literal["A", "B", "C", "D", "E"]
    header: str | None = None
    keeps_hours: int | None = None
    identical_bytes: bool = False
    about: str = ""
    quiet_seconds: int = 60


class Outcomes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which statuses prove that nothing was placed: for good, or for now; anything not listed is unknown."""

    rejected: tuple[int, ...]
    not_applied: tuple[int, ...]
    placed_if: dict[str, Any] = {}


class Lookup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A read that shows which orders the backend has; ``step`` is the one whose outcome it tells.

    ``among`` is where the answer has its orders; ``more`` a member that says something if there are others.
    ``match`` holds what tells ours: paths in an order, and what each is, or as a list contains.
    """

    operation: str
    step: str
    match: dict[str, str]
    among: str = ""
    more: str = ""
    path: dict[str, str] = {}
    query: dict[str, str] = {}

    def rows(self) -> StepRows:
        """A look-up as a step, which it is, except that it places nothing."""
        return StepRows(name="look-up", operation=self.operation, path=self.path, query=self.query)

    def is_ours_alone(self) -> bool:
        """Whether what tells our order is in no other: a buyer may well place the same one twice."""
        return any("gateway.reference" in references(value) for value in self.match.values())


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a backend's answer says what is wrong: ``at`` a path, or with ``[]`` each item of a list.

    ``code`` and ``place`` are paths from there. A place is keys of the call's body, after the key ``after``, in
    the member ``inside``; in a text it is what stands before ``until``.
    """

    at: str
    code: str = "."
    place: str | None = None
    after: str | None = None
    inside: str = "."
    until: str | None = None
    otherwise: str = field(default="refused", name="else")


class Errors(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a backend complains: the first of ``said`` that says anything is heard; ``*`` in a code is any text.

    ``codes`` gives ours for the backend's. ``proves`` lists codes that prove a state, whatever the status.
    """

    said: tuple[Said, ...] = ()
    warnings: tuple[Said, ...] = ()
    codes: dict[str, str] = {}
    proves: dict[str, Literal["rejected", "not_applied", "unknown"]] = {}


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backend grants one credential; None where no page tells."""

    calls_per_minute: int | None = None


class MappingFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dialect: how an order is said in it, which calls place it, and how its answer reads as a receipt."""

    dialect: str
    title: str
    about: str
    steps: tuple[StepRows, ...] = field(name="step")
    order: tuple[Row, ...]
    receipt: tuple[Row, ...]
    echo: tuple[Row, ...] = ()
    idempotency: Idempotency
    outcomes: Outcomes = field(name="outcome")
    errors: Errors = field(default=Errors(), name="error")
    limits: Limits = Limits()
    lookup: Lookup | None = None
    base_url: str | None = None
    settings: dict[str, Setting] = field(default_factory=dict, name="setting")
    secrets: dict[str, str] = field(default_factory=dict, name="secret")
    headers: tuple[Header, ...] = field(default=(), name="header")
    codecs: dict[str, CodecUse] = field(default_factory=dict, name="codec")
    shapes: dict[str, Shape] = field(default_factory=dict, name="shape")


def read_mapping(data: dict[str, Any], source: str) -> MappingFile:
    """A mapping from decoded TOML; a ``MappingError`` names every slip by file, row and key."""
    mapping, findings = check_form(data, source)
    refuse(findings)
    assert mapping is not None  # noqa: S101  # there is one unless there is a finding
    return mapping


def check_form(data: dict[str, Any], source: str) -> tuple[MappingFile | None, list[Finding]]:
    """The mapping as it was probably meant, if that much can be told, and every slip in its form."""
    meant, slips = find_slips(data, MappingFile)
    findings = as_findings(slips, source)
    try:
        return msgspec.convert(meant, MappingFile), findings
    except msgspec.ValidationError as exc:
        message, _, path = str(exc).partition(" - at `$.")
        return None, findings or [Finding("wrong_value", f"{source}: {path.rstrip('`') or 'top level'}", message)]
