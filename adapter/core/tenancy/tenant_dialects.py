"""A dialect as one tenant speaks it: an overlay laid over it, crosswalks on the way of its members."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from msgspec import UNSET, structs

from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import MappingFile
from adapter.core.files.overlays import Laid, Overlay, lay_over
from adapter.core.values.crosswalks import NAME, PASSED, CrosswalkRows
from adapter.errors import SetupError
from adapter.lens.rows import CodecUse, Row, Shape, as_paths
from adapter.lens.trees import parse_path, point

# Keys of a row that no crosswalk can go before, and what to do about it.
IMPASSABLE: dict[str, str] = {
    "drop": "the dialect drops it; give it a row in an overlay",
    "const": "its row is a constant; give it another in an overlay",
    "table": "its row has a table; give it a row with a crosswalk in an overlay",
    "shape": "it is in a shape, which several places share; give it a row with a crosswalk in an overlay",
    "each": "it is a list; name a member of its items",
}


def make_tenant_dialect(
    dialect: Dialect, overlay: Overlay | None, source: str, crosswalks: Mapping[str, CrosswalkRows], at: str
) -> Dialect:
    """The dialect with a tenant's overlay and crosswalks, checked like any other; the very one where there are none.

    ``source`` is the overlay's file and ``at`` the place of the crosswalks in the tenants' file. A ``MappingError``
    names the file and row that is wrong, a ``SetupError`` the crosswalk.
    """
    if overlay is None and not crosswalks:
        return dialect
    laid = lay_over(dialect.mapping, overlay, source) if overlay is not None else Laid(dialect.mapping, "", {})
    mapping = laid.mapping
    for table, rows in crosswalks.items():
        mapping = lead_through(mapping, table, rows, f"{at}.{table}.member")
    return make_dialect(mapping, dialect.api, laid.source, laid.places)


def lead_through(mapping: MappingFile, table: str, rows: CrosswalkRows, at: str) -> MappingFile:
    """A mapping whose rows look the ids of a crosswalk's members up, and then do with them what they did before.

    Rows of the echo read such ids back as ours; one that the crosswalk lacks stays the backend's, so that it is told
    as another one, whatever the policy of the order.
    """
    name, echoed = f"{NAME}.{table}", f"{NAME}.{table}.echo"
    order, echo, known = mapping.order, mapping.echo, list(_pointers(mapping.order, "", mapping.shapes))
    for member in as_paths(rows.member):
        if member not in known:
            near = get_close_matches(member, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            raise SetupError(f"no row of {mapping.dialect} is about {member!r}{hint}", at=at)
        order = _lead(order, "", member, lambda row: _look_up_first(row, name, rows.missing, at))
        echo = _lead(echo, "", member, lambda row: _look_up_first(row, echoed, "pass", at))
    uses = {name: _use(name, rows.missing), echoed: _use(name, "pass")}
    return structs.replace(mapping, order=order, echo=echo, codecs=mapping.codecs | uses)


def _use(reference: str, missing: str) -> CodecUse:
    return CodecUse(use=NAME, options={"table": f"{{{reference}}}", "missing": missing})


def _lead(rows: Sequence[Row], base: str, member: str, change: Callable[[Row], Row]) -> tuple[Row, ...]:
    """Rows of which those about a member are changed, wherever they stand."""
    return tuple(_lead_row(row, base, member, change) for row in rows)


def _lead_row(row: Row, base: str, member: str, change: Callable[[Row], Row]) -> Row:
    pointers = _own(row, base)
    if member in pointers or (row.shape and member.startswith(f"{_at(pointers)}/")):
        return change(row)
    if row.each is not None:
        return structs.replace(row, each=_lead(row.each, f"{_at(pointers)}/*", member, change))
    if row.outline is not None:
        inner = _lead(row.outline.rows, base, member, change)
        return structs.replace(row, outline=structs.replace(row.outline, rows=inner))
    return row


def _look_up_first(row: Row, codec: str, missing: str, at: str) -> Row:
    for key, why in IMPASSABLE.items():
        if getattr(row, key) not in (None, UNSET):
            raise SetupError(f"no crosswalk can lead here: {why}", at=at)
    if len(as_paths(row.canonical)) > 1:
        raise SetupError("no crosswalk can lead here: its row joins several members", at=at)
    lossy = "; ".join(filter(None, (row.lossy, PASSED if missing == "pass" else "")))
    return structs.replace(row, codec=(codec, *as_paths(row.codec or ())), lossy=lossy or None)


def _pointers(rows: Sequence[Row], base: str, shapes: Mapping[str, Shape]) -> Iterator[str]:
    """Every member that rows are about, items of a list all alike."""
    for row in rows:
        own = _own(row, base)
        yield from own
        if row.each is not None:
            yield from _pointers(row.each, f"{_at(own)}/*", shapes)
        elif row.outline is not None:
            yield from _pointers(row.outline.rows, base, shapes)
        elif row.shape is not None and row.shape in shapes:
            yield from _pointers(shapes[row.shape].rows, _at(own), shapes)


def _at(own: Sequence[str]) -> str:
    """The one place of a group; binding refuses one that has none or several."""
    return own[0] if own else "?"


def _own(row: Row, base: str) -> list[str]:
    paths = [parse_path(text) for text in as_paths(row.canonical)]
    return [point("" if path.rooted else base, path.keys) for path in paths]
