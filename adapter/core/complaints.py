"""What a backend may complain of, in our words: stable codes, who can cure each, and reading them in its answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapter.core.files.mappings import Errors, Said
from adapter.errors import Fault
from adapter.lens.trees import parse_path, reach


class Complaint(NamedTuple):
    """A row of COMPLAINTS: who can cure it, whether the same order may pass later as it is, what we say of it.

    ``home`` is the canonical member it is about where a backend names none.
    """

    who: str
    retry: bool
    says: str
    home: str = ""


# Ours are the words: a backend's may hold names of hosts, ids, or a person's data.
COMPLAINTS: dict[str, Complaint] = {
    "out_of_stock": Complaint("buyer", False, "There is not enough of it in stock"),
    "discontinued": Complaint("buyer", False, "It is not for sale"),
    "invalid_email": Complaint("buyer", False, "The backend does not accept this e-mail address", "/email"),
    "invalid_phone": Complaint("buyer", False, "The backend does not accept this phone number"),
    "invalid_address": Complaint("buyer", False, "The backend does not accept this address", "/shipping_address"),
    "invalid_quantity": Complaint("buyer", False, "The backend does not sell this quantity"),
    "shipping_unavailable": Complaint("buyer", False, "The backend does not ship this order to this address"),
    "payment_declined": Complaint("buyer", False, "The payment was declined"),
    "invalid_variant": Complaint("caller", False, "The backend knows no such product or variant"),
    "invalid_price": Complaint("caller", False, "The backend does not accept this amount"),
    "invalid_currency": Complaint("caller", False, "The shop does not sell in this currency", "/currency"),
    "invalid_payment": Complaint("caller", False, "The backend does not take this payment", "/payment_method"),
    "invalid_cart": Complaint("caller", False, "The backend has no such cart, or nothing is in it", "/cart_id"),
    "invalid_value": Complaint("caller", False, "The backend does not accept this value"),
    "limit_exceeded": Complaint("operator", False, "A quota of the backend is used up"),
    "throttled": Complaint("operator", True, "The backend takes no more calls for now"),
    "backend_unavailable": Complaint("operator", True, "The backend cannot be reached, or cannot work for now"),
    "unauthorised_backend": Complaint("operator", False, "The backend does not accept the tenant's credential"),
    "misconfigured_backend": Complaint("operator", False, "The backend does not accept how this tenant is set up"),
    "idempotency_conflict": Complaint("operator", False, "The backend has another request under this order's key"),
    "already_placed": Complaint("operator", False, "The backend may have this order already"),
    "stored_incomplete": Complaint("operator", False, "The backend stored the order, but not all of it"),
    "remark": Complaint("operator", False, "The backend added a remark that is not known to us"),
    "refused": Complaint("caller", False, "The backend refused the order for no reason that is known to us"),
}

# A code that says no more than "this member is wrong" is told by the member, the last of its pointer before the first.
MEMBERS = {
    "email": "invalid_email",
    "phone": "invalid_phone",
    "variant_id": "invalid_variant",
    "product_id": "invalid_variant",
    "quantity": "invalid_quantity",
    "currency": "invalid_currency",
    "payment_method": "invalid_payment",
    "payment_intent_id": "invalid_payment",
    "cart_id": "invalid_cart",
    "shipping_rate_id": "shipping_unavailable",
    "shipping_address": "invalid_address",
    "billing_address": "invalid_address",
} | dict.fromkeys(("price", "subtotal", "total"), "invalid_price")

# What HTTP itself says, where nothing in the body says more.
STATUSES = {
    401: "unauthorised_backend",
    403: "unauthorised_backend",
    405: "misconfigured_backend",
    413: "limit_exceeded",
    415: "misconfigured_backend",
    429: "throttled",
}

# Who must act first, where several complaints are not cured by one person.
FIRST_TO_ACT = ("operator", "caller", "buyer")

# One answer says no more than this, however long its list; a text is matched in its first so many characters.
MOST_HEARD = 50
LONGEST_TEXT = 300


class Heard(NamedTuple):
    """One complaint in an answer: our code, and the keys of the place in the call's body that it names, if any."""

    code: str
    place: tuple[str, ...] | None = None


def complain(code: str, pointer: str = "") -> Fault:
    """A complaint as a client is told of it."""
    return Fault(pointer, code, COMPLAINTS[code].says)


def code_of_status(status: int) -> str:
    """The code that a status alone gives reason for."""
    if 300 <= status < 400:  # a redirect: the base URL is not where the backend is
        return "misconfigured_backend"
    return "backend_unavailable" if status >= 500 else STATUSES.get(status, "refused")


def code_of_member(pointer: str) -> str:
    """The code for a wrong value at a canonical pointer."""
    keys = pointer.split("/")
    return MEMBERS.get(keys[-1]) or MEMBERS.get(keys[1] if len(keys) > 1 else "", "invalid_value")


def hear(said: Iterable[Said], rules: Errors, answer: Any) -> list[Heard]:
    """What the first of several places in an answer says that says anything."""
    for one in said:
        found = (_hear_item(one, rules, item) for item in _items(one, answer))
        heard = [item for item in found if item is not None]
        if heard:
            return heard[:MOST_HEARD]
    return []


def prove(rules: Errors, answer: Any) -> str | None:
    """The state that a code in an answer proves; of several the one that promises least."""
    texts = (_text(reach(item, _keys(one.code))) for one in rules.said for item in _items(one, answer))
    proven = {_look_up(rules.proves, text) for text in texts if text is not None}
    return next((state for state in ("unknown", "rejected", "not_applied") if state in proven), None)


def trace_heard(said: Sequence[Said], rules: Errors, answer: Any) -> tuple[int, list[str]] | None:
    """By what ``hear`` hears something: the number of the place, and the codes of the mapping that are like it."""
    for number, one in enumerate(said):
        heard = [item for item in _items(one, answer) if _hear_item(one, rules, item) is not None]
        if heard:
            texts = [_text(reach(item, _keys(one.code))) for item in heard]
            return number, [code for text in texts if (code := find_code(rules.codes, text or "")) is not None]
    return None


def trace_proofs(rules: Errors, answer: Any) -> list[str]:
    """The codes by which ``prove`` takes a state for proven, be it that of several or not."""
    texts = [_text(reach(item, _keys(one.code))) for one in rules.said for item in _items(one, answer)]
    return [code for text in texts if text is not None and (code := find_code(rules.proves, text)) is not None]


def assess(complaints: Sequence[Fault]) -> dict[str, Any]:
    """Members of a problem: who must act first, and whether the same order may pass later; empty for none."""
    if not complaints:
        return {}
    rows = [COMPLAINTS[fault.code] for fault in complaints]
    who = {row.who for row in rows}
    return {"who": next(one for one in FIRST_TO_ACT if one in who), "retry": all(row.retry for row in rows)}


def list_codes(complaints: Iterable[Fault]) -> str:
    """The codes of complaints, each once."""
    return ", ".join(dict.fromkeys(fault.code for fault in complaints))


def format_warnings(warnings: Iterable[Fault]) -> str:
    """The ``Order-Warnings`` header: an RFC 8941 list of codes, each with the canonical member it is about."""
    told = (f'{fault.code};at="{fault.pointer}"' if fault.pointer else fault.code for fault in warnings)
    return ", ".join(dict.fromkeys(told))


def _items(said: Said, answer: Any) -> Iterator[Any]:
    found = reach(answer, _keys(said.at.removesuffix("[]")))
    if not said.at.endswith("[]"):
        yield found
    elif isinstance(found, list):
        yield from found[:MOST_HEARD]


def _hear_item(said: Said, rules: Errors, item: Any) -> Heard | None:
    text = _text(reach(item, _keys(said.code)))
    place = None if said.place is None else _read_place(said, reach(item, _keys(said.place)))
    if text is None and place is None:
        return None
    code = _look_up(rules.codes, text or "") or said.otherwise
    if said.after is not None and place is not None:
        if place[:1] != (said.after,):  # a header or a parameter: made of settings, not of the order
            return Heard("misconfigured_backend")
        place = place[1:]
    return Heard(code, place if place is None else (*_keys(said.inside), *place))


def _read_place(said: Said, value: Any) -> tuple[str, ...] | None:
    """The keys in ``["a", 0, "b"]``, ``a.0.b``, ``a[0].b``, ``/a/0/b`` or ``0``; None where there is no place."""
    if isinstance(value, list):
        return tuple(str(key) for key in value if isinstance(key, (str, int)))
    text = _text(value)
    if text is None:
        return None
    if said.until:
        text, found, _ = text.partition(said.until)
        if not found:
            return None
    keys = text.replace("[", ".").replace("]", "").replace("/", ".").split(".")
    return tuple(key for key in keys if key) or None


def _text(value: Any) -> str | None:
    """A code as text, be it a number; None for what is none."""
    return str(value)[:LONGEST_TEXT] if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _look_up(table: Mapping[str, str], text: str) -> str | None:
    """The value of the first key that a text is like."""
    code = find_code(table, text)
    return None if code is None else table[code]


def find_code(table: Iterable[str], text: str) -> str | None:
    """The first of a mapping's codes that a text is like."""
    return next((code for code in table if _is_like(text.lower(), code.lower())), None)


def _is_like(text: str, pattern: str) -> bool:
    """Whether a text is its pattern, in which ``*`` is any text."""
    first, *middle = pattern.split("*")
    if not middle:
        return text == first
    last, at = middle.pop(), len(first)
    if not text.startswith(first):
        return False
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return text.endswith(last) and len(text) - len(last) >= at


def _keys(path: str) -> tuple[str, ...]:
    return parse_path(path).keys
