"""The ways that a mapping can be gone, by name, and the rows that they are ways of."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.checks.surroundings import answer_of
from adapter.core.dialects import Dialect
from adapter.lens.bound import Bound, Constant, Group, Outlined
from adapter.lens.fit import Sides
from adapter.lens.lens import Lens
from adapter.lens.rows import Direction
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Path

Kind = Literal["row", "branch", "table", "codec", "step", "complaint"]

KINDS: dict[Kind, str] = {
    "row": "rows, in each direction",
    "branch": "members absent or null, conditions not met",
    "table": "values of tables, in each direction",
    "codec": "branches of codecs",
    "step": "steps called and skipped, what look-ups show",
    "complaint": "codes and statuses, places where a backend complains",
}

# What happens at a row besides that it is gone in a direction.
ABSENT, NULL, DEFAULT, UNMET, EMPTY, INLINE = "absent", "null", "default", "unmet", "empty", "inline"


class Way(NamedTuple):
    """One way: its kind, the place in the mapping's file, and what happens there."""

    kind: Kind
    at: str
    what: str

    def name(self) -> str:
        """As a list of them has it."""
        return f"{self.at} {self.what}"


class Section(NamedTuple):
    """Rows of a mapping: their lens, the direction of what comes from outside, the schemas they stand between."""

    lens: Lens
    towards: Direction
    sides: tuple[Sides, ...]


def name_members(dialect: Dialect) -> dict[str, str]:
    """By the place of each row the member that it is about, as both sides call it."""
    return {row.at: _name_member(row) for section in list_sections(dialect) for row in list_all(section.lens.rows)}


def _name_member(row: Bound) -> str:
    if isinstance(row, Constant):
        return str(row.path)
    if isinstance(row, Outlined):
        return str(row.to)
    names = (row.canonical,) if isinstance(row.canonical, Path) else row.canonical
    return ", ".join(map(str, names))


def list_all(rows: Sequence[Bound]) -> Iterator[Bound]:
    """Every row, also those inside others."""
    for row in rows:
        yield row
        if isinstance(row, (Group, Outlined)):
            yield from list_all(row.rows)


def list_sections(dialect: Dialect) -> list[Section]:
    """The rows of orders and of answers, with the schema of every answer that they read."""
    order = (SchemaView(ORDER_SCHEMA, COMPONENTS), SchemaView(dialect.schema))
    sections = [Section(dialect.order, "to_dialect", (Sides(*order, *order),))]
    for name, lens, schema in (("receipt", dialect.receipt, RECEIPT_SCHEMA), ("echo", dialect.echo, ORDER_SCHEMA)):
        if lens is not None:
            ours = SchemaView(schema, COMPONENTS)
            answers = [answer_of(step, dialect.api) for step in dialect.steps if getattr(step.rows, name)]
            sections.append(Section(lens, "to_canonical", tuple(Sides(ours, view, ours, view) for view in answers)))
    return sections


def name_source(dialect: Dialect) -> str:
    """The mapping's file, as it stands before places in it."""
    return f"{dialect.name}.toml: "
