"""Every error this package raises on purpose, and who must act on it.

    AdapterError
    ├── SetupError          the operator or integrator: a file or setting is wrong; the gateway does not start
    │   └── MappingError    the integrator: a mapping contradicts itself or one of its two schemas
    ├── Unmappable          the client: this order cannot be said in that dialect; lists every fault
    └── Problem             whoever its row in PROBLEMS names: the answer is an RFC 9457 problem

What a backend did with a call is no error but a value: see ``core/outcomes.py``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One thing wrong at one place: a JSON Pointer, a stable code, and what was expected and found."""

    pointer: str
    code: str
    detail: str


class AdapterError(Exception):
    """The root: catching it catches every error of ours and none of anybody else's."""


class SetupError(AdapterError):
    """A file or setting is wrong: the message names the place, what was expected and what was found."""

    def __init__(self, message: str, *, at: str) -> None:
        super().__init__(f"{message} - at `{at}`")
        self.message = message
        self.at = at


class MappingError(SetupError):
    """A mapping that must not be loaded."""


class Unmappable(AdapterError):
    """A document that cannot be said on the other side; ``faults`` name every place at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


class ProblemType(NamedTuple):
    """A row of PROBLEMS: HTTP status, title, and who can cure it."""

    status: int
    title: str
    who: str


# The stable ``type`` of each problem is its key; the numbers are rows of the idempotency table in the README.
PROBLEMS: dict[str, ProblemType] = {
    "malformed-request": ProblemType(400, "The request is not plain HTTP/1.1", "caller"),
    "unreadable-body": ProblemType(400, "The body is not readable JSON", "caller"),
    "idempotency-key-missing": ProblemType(400, "This tenant requires an idempotency key", "caller"),  # 1
    "idempotency-key-invalid": ProblemType(400, "The idempotency key is malformed", "caller"),  # 2
    "unauthenticated": ProblemType(401, "Credentials are missing or wrong", "caller"),
    "not-found": ProblemType(404, "There is nothing here", "caller"),
    "method-not-allowed": ProblemType(405, "This door does not take that method", "caller"),
    "head-too-slow": ProblemType(408, "The head did not arrive in time", "caller"),
    "body-too-slow": ProblemType(408, "The body did not arrive in time", "caller"),
    "operation-in-progress": ProblemType(409, "The first try with this key is still open", "caller"),  # 7
    "operation-uncertain": ProblemType(409, "A person must find out what became of the order", "operator"),  # 13
    "operation-result-expired": ProblemType(409, "The answer is no longer kept", "caller"),  # 14
    "duplicate-order-reference": ProblemType(409, "Another key has placed an order of that reference", "caller"),  # 16
    "body-too-large": ProblemType(413, "The body is over the limit", "caller"),
    "target-too-long": ProblemType(414, "The address is over the limit", "caller"),
    "unsupported-media-type": ProblemType(415, "The body must be application/json", "caller"),
    "invalid-order": ProblemType(422, "The order is not valid", "caller"),
    "unmappable-order": ProblemType(422, "The order cannot be expressed for this backend", "caller"),
    "loss-refused": ProblemType(422, "The order would lose what this tenant does not let go", "caller"),
    "order-revised": ProblemType(409, "The order is placed, and the backend changed it", "caller"),
    "idempotency-key-reused": ProblemType(422, "This key belongs to another order", "caller"),  # 8
    "order-refused": ProblemType(422, "The backend refused the order", "caller"),  # 6
    "quota-exceeded": ProblemType(429, "There were too many requests within a minute", "caller"),
    "headers-too-large": ProblemType(431, "The headers are over the limit", "caller"),
    "internal-error": ProblemType(500, "The gateway made a mistake", "operator"),
    "overloaded": ProblemType(503, "Too much is under way", "operator"),  # 3
    "operation-not-applied": ProblemType(503, "The order was not placed", "operator"),  # 12
    "storage-unavailable": ProblemType(503, "The journal cannot be written", "operator"),  # 18
    "outcome-unknown": ProblemType(504, "It is not known yet whether the order was placed", "caller"),  # 11
}


class Refusal(NamedTuple):
    """A row of REFUSALS: the problem whose ``errors`` have the code, who can cure it, and what it means."""

    problem: str
    who: str
    meaning: str


# The codes of the gateway's own refusals; those of a backend's complaints are in ``core/complaints.py``, and
# ``loss-refused`` has the codes of losses.
REFUSALS: dict[str, Refusal] = {
    "invalid": Refusal("invalid-order", "caller", "it is missing, or its type or form is another than the format's"),
    "invalid_amount": Refusal(
        "invalid-order", "caller", "an amount below nothing, or that its currency cannot express"
    ),
    "control_character": Refusal("invalid-order", "caller", "a text has a control character in it"),
    "unknown_currency": Refusal("invalid-order", "caller", "no currency of ISO 4217"),
    "unknown_country": Refusal("invalid-order", "caller", "no country by name or ISO 3166 code"),
    "required": Refusal("unmappable-order", "caller", "the backend needs it, and the order has none"),
    "unfit": Refusal("unmappable-order", "caller", "the backend does not take such a value there"),
    "no_counterpart": Refusal("unmappable-order", "caller", "the value cannot be said in the dialect"),
    "not_in_crosswalk": Refusal("unmappable-order", "caller", "the tenant's crosswalk does not have the id"),
    "tenant_setting": Refusal("unmappable-order", "operator", "the backend needs what a setting should say"),
    "revised": Refusal("order-revised", "caller", "the backend has another value; the order is placed all the same"),
}


class Problem(AdapterError):
    """An answer that is not a success: a key of PROBLEMS, what happened here, and the faults by place."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or PROBLEMS[kind].title)
        self.kind = kind
        self.status = PROBLEMS[kind].status
        self.faults = tuple(faults)
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """The body as RFC 9457 has it, with our extension members ``errors`` and ``who``."""
        row = PROBLEMS[self.kind]
        body: dict[str, Any] = {
            "type": f"/problems/{self.kind}",
            "title": row.title,
            "status": row.status,
            "detail": str(self),
            "who": row.who,
        }
        if self.faults:
            body["errors"] = [fault._asdict() for fault in self.faults]
        return body | self.members
