"""What a tenant asks for that could never come about: policies of losses no order has, revisions nobody shows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.dialects import Dialect
from adapter.core.steps import Step
from adapter.core.tenancy.policies import Policy, read_policies
from adapter.core.tenancy.tenants import TenantRows
from adapter.errors import SetupError
from adapter.lens.bound import Bound, Drop, Field, Group, Outlined
from adapter.lens.rules import Finding
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Path, point

ORDER = SchemaView(ORDER_SCHEMA | COMPONENTS)


class Possible(NamedTuple):
    """A loss that some order can have: its code, and the member as policies name it, such as ``/line_items/*/size``."""

    code: str
    pattern: str


def check_policies(name: str, rows: TenantRows, dialect: Dialect) -> Iterator[Finding]:
    """Policies of losses that no order of the tenant can have."""
    possible = find_possible_losses(dialect, _steps_of(rows, dialect))
    for key, verdict in rows.loss.items():
        try:
            (policy,) = read_policies({key: verdict}, f"tenant.{name}.loss")
        except SetupError:
            continue  # told as what it is
        if policy.code != "unknown" and not any(_may_cover(policy, loss) for loss in possible):
            what = " ".join(filter(None, (policy.code and f"as {policy.code}", "in this tenant's mapping")))
            message = f"no order loses {policy.pattern or 'anything'} {what}, so this says nothing"
            yield Finding("idle_policy", f"tenant.{name}.loss.{key}", message)


def check_revision(name: str, rows: TenantRows, dialect: Dialect) -> Iterator[Finding]:
    """An error that is asked for where no answer shows what was stored."""
    shown = dialect.echo is not None and any(step.rows.echo for step in _steps_of(rows, dialect))
    if rows.revision == "error" and not shown:
        message = "none of this tenant's steps has an answer that shows the order, so no revision is ever seen"
        yield Finding("blind_revision", f"tenant.{name}.revision", message)


def find_possible_losses(dialect: Dialect, steps: Sequence[Step]) -> set[Possible]:
    """Every loss that some order can have, where only ``steps`` are made; rather one too many than one too few."""
    skippable = tuple(
        str(step.rows.for_each or step.rows.send)
        for step in dialect.steps
        if step not in steps or step.rows.when or step.rows.unless
    )
    return set(_of_rows(dialect.order.rows, "", "", skippable))


def _of_rows(rows: Sequence[Bound], ours: str, theirs: str, skippable: tuple[str, ...]) -> Iterator[Possible]:
    for row in rows:
        if isinstance(row, Drop):
            yield from (Possible("dropped", _full(path, ours)) for path in row.canonical)
        elif isinstance(row, Field):
            yield from _of_field(row, ours, theirs, skippable)
        elif isinstance(row, Group):
            items = "/*" if row.many else ""
            here, there = _full(row.canonical, ours), _full(row.dialect, theirs)
            if not row.keeps_null["to_dialect"] and _nullable(here):
                yield Possible("null_omitted", here)
            if _is_in(there, skippable):
                yield Possible("skipped", here)
            yield from _of_rows(row.rows, here + items, there + items, skippable)
        elif isinstance(row, Outlined):
            yield from _of_rows(row.rows, ours, f"{_full(row.to, '')}/*", skippable)
            yield from (Possible("dropped", _full(path, ours)) for path in _outlined_members(row))


def _outlined_members(row: Outlined) -> Iterator[Path]:
    """What stays behind where the item stays whole."""
    return (path for inner in row.rows if isinstance(inner, Field) for path in inner.canonical)


def _of_field(row: Field, ours: str, theirs: str, skippable: tuple[str, ...]) -> Iterator[Possible]:
    if row.only == "to_canonical":
        return
    skipped = all(_is_in(_full(path, theirs), skippable) for path in row.dialect)
    droppable = row.when or (row.only is None and (row.codec or all(path.guarded for path in row.dialect)))
    for path in row.canonical:
        pattern = _full(path, ours)
        if droppable:
            yield Possible("dropped", pattern)
        if skipped:
            yield Possible("skipped", pattern)
        if not row.keeps_null["to_dialect"] and _nullable(pattern):
            yield Possible("null_omitted", pattern)


def _may_cover(policy: Policy, loss: Possible) -> bool:
    """Whether a policy can come to speak of a loss: of the member, of one around it, or of one in what is dropped."""
    related = (
        not policy.pattern
        or f"{loss.pattern}/".startswith(f"{policy.pattern}/")
        or f"{policy.pattern}/".startswith(f"{loss.pattern}/")
    )
    return related and policy.code in ("", loss.code)


def _steps_of(rows: TenantRows, dialect: Dialect) -> tuple[Step, ...]:
    last = (dialect.defaults() | rows.setting).get("last_step")
    names = [step.rows.name for step in dialect.steps]
    return dialect.steps[: names.index(last) + 1] if last in names else dialect.steps


def _nullable(pattern: str) -> bool:
    view: SchemaView | None = ORDER
    for name in pattern.split("/")[1:]:
        if view is None:
            return True
        view = view.item() if name == "*" else view.member((name,))
    return view is None or view.nullable()


def _is_in(place: str, parts: tuple[str, ...]) -> bool:
    return any(f"{place}/".startswith(f"/{part}/") for part in parts)


def _full(path: Path, around: str) -> str:
    return point("" if path.rooted else around, path.keys)
