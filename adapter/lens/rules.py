"""The numbered rules that mapping and tenants' files keep, and findings: the places that break one."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from adapter.errors import MappingError, SetupError


class Rule(NamedTuple):
    """A row of RULES: its stable number and name, how much breaking it matters, and what it demands."""

    number: str
    name: str
    severity: str
    meaning: str


# M0 the file, M1 a row by itself, M2 values, M3 the rows together, M4 what surrounds them; T a tenant.
RULES: dict[str, Rule] = {
    name: Rule(number, name, severity, meaning)
    for number, name, severity, meaning in (
        ("M01", "not_toml", "error", "the file is TOML"),
        ("M02", "unknown_key", "error", "every key is one that something reads"),
        ("M03", "missing_key", "error", "what must be said is said"),
        ("M04", "wrong_value", "error", "every value has its key's type, and is one of its choices"),
        ("M05", "wrong_name", "error", "`dialect` is the name of the file"),
        ("M06", "bad_document", "error", "the OpenAPI document is whole: each `$ref` leads somewhere"),
        ("M10", "contradiction", "error", "a row is of one kind and says nothing that is without effect on it"),
        ("M11", "unknown_member", "error", "a path leads to a declared member of that step's body or answer"),
        ("M12", "unknown_codec", "error", "a codec is one of the gateway's or under `[codec]`"),
        ("M13", "codec_setup", "error", "a codec has just the options and the `beside` that it needs"),
        ("M14", "unknown_shape", "error", "a shape is under `[shape]`"),
        ("M15", "no_group", "error", "`each` and `outline` stand at lists with declared items, `shape` at objects"),
        ("M16", "not_json", "error", "a constant is text, a whole number, a truth value, or a list or object of those"),
        ("M20", "mismatch", "error", "what is carried as it is has a type and a format that both sides know"),
        ("M21", "wrong_codec", "error", "a codec takes and gives the types of its members, and is meant for them"),
        ("M22", "not_allowed", "error", "constants, defaults, tables and settings are what both schemas allow"),
        ("M23", "bare", "error", "an amount or a country, which has several spellings, goes through a codec"),
        (
            "M24",
            "unlisted",
            "warning",
            "a table has the values the API lists, and no others; one for answers has `else`",
        ),
        ("M25", "crossed", "warning", "a value that both sides spell alike is not mapped to another"),
        ("M26", "out_of_step", "error", "where `when` and a table ask for the same member, they list the same values"),
        ("M27", "one_sided", "error", "`back` leads from values of the table to values of the table"),
        ("M30", "unaccounted", "error", "every canonical member is mapped, or dropped with a reason"),
        ("M31", "unfed", "error", "every member that the dialect requires has a row that feeds it"),
        (
            "M32",
            "sometimes_unfed",
            "warning",
            "what feeds a required member depends on no condition or optional setting",
        ),
        ("M33", "undeclared_loss", "error", "a row that cannot be undone says `lossy`"),
        ("M34", "needless_lossy", "warning", "a row that says `lossy` loses something"),
        ("M35", "written_twice", "error", "no two rows write one place in one direction"),
        ("M36", "stray_beside", "error", "a codec's `beside` names the two sides of one fact"),
        ("M40", "unknown_operation", "error", "a step names an operation of the OpenAPI document"),
        ("M41", "no_answer", "error", "some step's answer holds the receipt, and some what `echo` reads"),
        ("M42", "unknown_reference", "error", "a {reference} is known where it stands; what is kept was kept before"),
        ("M43", "wrong_parameter", "error", "a step gives its operation's path and query parameters, and no others"),
        ("M44", "unused", "warning", "settings, secrets, codecs, shapes and kept values are used"),
        ("M45", "repeated_name", "error", "steps have different names"),
        ("M46", "wrong_last_step", "error", "the setting `last_step` chooses among the steps"),
        ("M47", "wrong_outcome", "error", "a status proves one thing and is no success; `placed_if` reads a member"),
        ("M48", "repeated_operation", "warning", "steps call different operations"),
        ("M49", "no_body", "error", "a step that sends something names an operation that takes a body"),
        ("M50", "unknown_code", "error", "a backend's complaint becomes one of our codes"),
        ("M51", "useless_crosswalk", "error", "a crosswalk is the first codec of a row about an id of the order"),
        ("M52", "blind_lookup", "warning", "what a look-up tells our order by is sent with it, and in no other"),
        ("T01", "tenants_file", "error", "the tenants' file is TOML of known keys with values of their types"),
        ("T02", "unknown_dialect", "error", "a tenant's dialect is one there is, and its mapping has no error"),
        (
            "T03",
            "tenant_setting",
            "error",
            "a tenant's settings and policies are complete, known and allowed",
        ),
        ("T04", "tenant_secret", "error", "a tenant's secrets are complete, known, and there to be read"),
        ("T05", "tenant_address", "error", "a tenant has a base URL and a site id of its own"),
        ("T06", "tenant_overlay", "error", "a tenant's overlay and crosswalks can be laid over its dialect"),
        ("T07", "blind_revision", "warning", '`revision = "error"` is for steps whose answers show the order'),
        ("T08", "idle_policy", "warning", "a policy is about a loss that an order of the tenant can have"),
    )
}


class Finding(NamedTuple):
    """A broken rule: its name, the place, and the sentence for whoever mends it.

    ``at`` is a place such as ``lana.toml: order[2].each[0].codec``; ``member`` the member of a schema, where it is
    one that is amiss; ``suggestion`` what was probably meant.
    """

    rule: str
    at: str
    message: str
    member: str = ""
    suggestion: str = ""

    @property
    def number(self) -> str:
        return RULES[self.rule].number

    @property
    def severity(self) -> str:
        return RULES[self.rule].severity

    @property
    def file(self) -> str:
        """The file's name, such as ``lana.toml``."""
        return self.at.partition(": ")[0]

    @property
    def row(self) -> str:
        """The row within the file, such as ``order[2].each[0]``; a section where it is no row."""
        place = self.at.partition(": ")[2]
        head, bracket, _ = place.rpartition("]")
        return f"{head}{bracket}" if bracket else place

    @property
    def key(self) -> str:
        """The key within the row, such as ``codec``; empty where it is the row as a whole."""
        return self.at.partition(": ")[2][len(self.row) :].lstrip(".")

    def __str__(self) -> str:
        return f"{self.message} ({self.number} {self.rule})"


class Refused(MappingError):
    """A row that cannot be bound, as the finding it is."""

    def __init__(self, rule: str, message: str, *, at: str, suggestion: str = "") -> None:
        super().__init__(message, at=at)
        self.finding = Finding(rule, at, message, suggestion=suggestion)


class Unsound(SetupError):
    """A file that breaks rules; ``findings`` are all of its errors, and so is the text."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(str(findings[0]), at=findings[0].at)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        if len(self.findings) == 1:
            return super().__str__()
        told = "".join(f"\n  {finding} - at `{finding.at}`" for finding in self.findings)
        return f"{len(self.findings)} errors{told}"


class UnsoundMapping(Unsound, MappingError):
    """The same of a mapping."""


def only_errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings with which nothing must be loaded."""
    return [finding for finding in findings if finding.severity == "error"]


def refuse(findings: Iterable[Finding]) -> None:
    """Raise an ``Unsound`` with every error among the findings, if there is one."""
    errors = only_errors(findings)
    if errors:
        raise (UnsoundMapping if errors[0].number.startswith("M") else Unsound)(errors)


def find_near(name: str, known: Iterable[str]) -> str:
    """The name that was probably meant; empty where none is near."""
    near = get_close_matches(name, list(known), n=1)
    return near[0] if near else ""


def unknown(what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    """The sentence about a name that is none, and what was probably meant."""
    names = sorted(set(known))
    near = find_near(name, names)
    hint = f", did you mean {near!r}?" if near else f"; known: {', '.join(names) or 'none'}"
    return f"unknown {what} {name!r}{hint}", near
