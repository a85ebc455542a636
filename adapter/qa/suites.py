"""The kit for test suites: what ``adapter.qa`` gives. It reads mappings from files, as the command line does."""

from collections.abc import Iterator, Sequence
from itertools import chain
from os.path import relpath
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapter.core.canonical import COMPONENTS, ENCODER, RECEIPT_SCHEMA
from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import MappingError, SetupError
from adapter.lens.rules import unknown
from adapter.lens.trees import Tree
from adapter.qa.cases.cases import Case, list_facts
from adapter.qa.draws.answers import receipts as answers_with_receipts
from adapter.qa.draws.bodies import draw_bodies
from adapter.qa.draws.schemas import values
from adapter.qa.known_folder import find_known, read_known
from adapter.qa.laws.laws import ABOUT, LAWS
from adapter.qa.subjects.examples import MODES, Subject, make_subject
from adapter.qa.tries.fuzzing import Result, plan_batches, run_batch
from adapter.qa.tries.tryouts import try_known
from adapter.qa.tries.verdicts import UNSENT, sum_up
from adapter.shell.files import load_dialects, pick_dialect
from adapter.shell.settings import read_settings

# A dialect by name (shipped, or in ADAPTER_DIALECTS), by the file of its mapping, or loaded already; or a tenant of it.
Speaker = str | Path | Dialect | Tenant

EXAMPLES = 200


class Found(NamedTuple):
    """What is tried, the command that tries it from a shell, and the folder of mappings that are not shipped."""

    subject: Subject
    command: str
    own: Path | None


def orders(dialect: Speaker | None = None) -> st.SearchStrategy[Tree]:
    """Canonical orders as a client sends them; with a dialect those that it can express.

    They are decoded JSON: whole numbers ``int``, others ``Decimal``. ``encode`` makes a body of one.
    """
    return _name(draw_bodies(None if dialect is None else _find(dialect).subject))


def receipts(dialect: Speaker | None = None) -> st.SearchStrategy[Any]:
    """Canonical receipts; with a dialect what its backend answers where the order is placed."""
    if dialect is None:
        return _name(values(RECEIPT_SCHEMA, COMPONENTS))
    return _name(answers_with_receipts(_find(dialect).subject.dialect))


def encode(value: Any) -> bytes:
    """A drawn value as JSON, amounts as numbers."""
    return ENCODER.encode(value)


def assert_lawful(mapping: Speaker, *, examples: int = EXAMPLES, seed: int = 0, laws: Sequence[str] = ()) -> None:
    """Hold a mapping to its check, and to all laws (or only those named) on so many made-up examples of each.

    Known pairs come last, those that ``adapter fuzz`` would try. An ``AssertionError`` tells every error of the check,
    or of the first law that is broken the smallest order, the row to blame and the command that shows it again. The
    same seed tries the same.
    """
    if isinstance(laws, str):
        raise SetupError(f"expected a list of laws, found the text {laws!r}", at="laws")
    if examples < 1:
        raise SetupError(f"expected at least one example, found {examples}", at="examples")
    for name in laws:
        if name not in LAWS:
            raise SetupError(unknown("law", name, LAWS)[0], at="laws")
    try:
        found = _find(mapping)
    except MappingError as exc:
        raise AssertionError(str(exc)) from exc
    chosen = [law for law in LAWS.values() if not laws or law.name in laws]
    batches = plan_batches([found.subject.dialect.name], chosen, MODES, examples, seed)
    drawn, made = (run_batch(batch, found.subject) for batch in batches), list[Result]()
    for result in chain(drawn, _try_known(found) if LAWS["known"] in chosen else ()):
        made.append(result)
        if result.cases:
            again = [found.command, f"--examples {examples} --seed {seed}", *(f"--law {name}" for name in laws)]
            raise AssertionError("\n\n".join(_tell(case, " ".join(again)) for case in result.cases))
    if sum_up(made, seed, 0.0).unsent:
        raise AssertionError(f"{found.subject.dialect.name}: {UNSENT}")


def _try_known(found: Found) -> Iterator[Result]:
    name = found.subject.dialect.name
    folder = find_known(name, found.own)
    known = None if folder is None else read_known(folder, name)
    if known is not None:
        yield try_known(found.subject, known)


def _tell(case: Case, again: str) -> str:
    lines = {**list_facts(case), "again": again}
    told = [f"  {name:<8}{text}" for name, text in lines.items()]
    return "\n".join([f"{case.dialect} breaks the law {case.law!r}: {ABOUT[case.law]}", *told])


def _find(speaker: Speaker) -> Found:
    """A ``MappingError`` lists all that the check finds, a ``SetupError`` tells what is not there."""
    if isinstance(speaker, (Dialect, Tenant)):
        tenant = speaker if isinstance(speaker, Tenant) else stand_in(speaker, {})
        return _found(tenant, load_dialects(read_settings().dialects), "", read_settings().dialects)
    path = Path(speaker)
    if path.suffix == ".toml" and not path.is_file():
        raise SetupError("expected the file of a mapping, found none", at=str(path))
    own = Path(relpath(path.absolute().parent.parent)) if path.suffix == ".toml" else read_settings().dialects
    dialects = load_dialects(own)
    dialect = pick_dialect(path.stem if path.suffix == ".toml" else str(speaker), dialects)
    return _found(stand_in(dialect, {}), dialects, f"ADAPTER_DIALECTS={own} " if own is not None else "", own)


def _found(tenant: Tenant, dialects: dict[str, Dialect], where: str, own: Path | None) -> Found:
    peers = [stand_in(dialect, {}) for name, dialect in dialects.items() if name != tenant.dialect.name]
    return Found(make_subject(tenant, peers), f"{where}adapter fuzz {tenant.dialect.name}", own)


def _name(drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The same under a short name: a strategy tells all its parts, and one of a schema has thousands."""

    @st.composite
    def made_up(draw: st.DrawFn) -> Any:
        return draw(drawn)

    return made_up()
