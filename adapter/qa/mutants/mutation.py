"""Mutation testing of a mapping: each mutant is put to the check, the laws and known pairs, until one kills it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adapter.core.dialects import Dialect, check_dialect
from adapter.core.files.mappings import MappingFile, check_form
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import SetupError
from adapter.lens.rules import Finding, only_errors
from adapter.qa.cases.cases import find_broken
from adapter.qa.draws.answer_draws import answers, list_answers
from adapter.qa.draws.choices import make_choices
from adapter.qa.draws.draws import collect, examples
from adapter.qa.known.known import Known
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.laws.pairs import check_known
from adapter.qa.mutants.mutants import Data, Mutant
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Example, Mode, Subject, make_subject

CHECK, KNOWN = "check", "known"

# Sections that a law on orders, or on answers, does not look at: a change there alone cannot break it.
NOT_SENT = frozenset({"receipt", "echo", "errors", "outcomes", "lookup", "limits"})
NOT_READ = frozenset({"order", "errors", "outcomes", "lookup", "limits", "headers", "idempotency"})
LOOKS_AT = {"complaint": {"errors"}}


class Verdict(NamedTuple):
    """What became of a mutant: who killed it (``check``, a law, ``known``; empty if nobody did), and by what."""

    mutant: str
    killer: str
    detail: str = ""


class Bench(NamedTuple):
    """What the mutants of one mapping are tried on: tenants of other dialects, examples by law, known pairs.

    ``findings`` are those of the mapping itself, which kill nobody.
    """

    dialect: Dialect
    peers: Sequence[Tenant]
    examples: Mapping[str, Sequence[Example]]
    known: Known | None
    findings: frozenset[Finding]

    def demand_sound(self) -> None:
        """A ``SetupError`` where the mapping itself breaks a law or a known pair: that would kill any mutant."""
        tenant = stand_in(self.dialect, {})
        subject = make_subject(tenant, self.peers)
        slips = (
            (law.name, str(broken))
            for law in LAWS.values()
            for example in self.examples.get(law.name, ())
            if (broken := find_broken(law, subject, example)) is not None
        )
        name, told = next(slips, None) or self._try_known(tenant)
        if name:
            raise SetupError(f"expected a mapping that breaks nothing, found {name}: {told}", at=self.dialect.name)

    def try_mutant(self, mutant: Mutant) -> Verdict:
        """The check goes first, since it costs least, and known pairs last, since laws say more."""
        dialect, findings = find(mutant.data, self.dialect.api, self.dialect.name)
        rules = dict.fromkeys(finding.rule for finding in findings if finding not in self.findings)
        if rules or dialect is None:
            return Verdict(mutant.name, CHECK, ", ".join(rules))
        try:
            tenant = stand_in(dialect, {})
        except SetupError as exc:
            return Verdict(mutant.name, CHECK, exc.message)
        return Verdict(mutant.name, *(self._try_laws(make_subject(tenant, self.peers)) or self._try_known(tenant)))

    def _try_laws(self, subject: Subject) -> tuple[str, str] | None:
        changed = list_changed(self.dialect.mapping, subject.dialect.mapping)
        for law in LAWS.values():
            for example in self.examples.get(law.name, ()) if looks_at(law, changed) else ():
                broken = find_broken(law, subject, example)
                if broken is not None:
                    return law.name, str(broken)
        return None

    def _try_known(self, tenant: Tenant) -> tuple[str, str]:
        if self.known is None:
            return "", ""
        try:
            check_known(tenant, self.known)
        except Broken as broken:
            return KNOWN, str(broken)
        except Exception as exc:  # whatever goes wrong with what went well before tells the two apart
            return KNOWN, f"{type(exc).__name__}: {exc}"
        return "", ""


def make_bench(
    dialect: Dialect, data: Data, peers: Sequence[Dialect], known: Known | None, count: int, start: int
) -> Bench:
    """A bench with ``count`` examples for each law, drawn once by the seed ``start``: all mutants get the same."""
    tenants = [stand_in(peer, {}) for peer in peers]
    subject = make_subject(stand_in(dialect, {}), tenants)
    _, findings = find(data, dialect.api, dialect.name)
    return Bench(dialect, tenants, draw_for_laws(subject, count, start), known, frozenset(findings))


def find(data: Data, api: Data, name: str) -> tuple[Dialect | None, list[Finding]]:
    """What ``adapter check`` finds in a mapping, and the dialect if it loads."""
    mapping, findings = check_form(data, f"{name}.toml")
    if mapping is None or only_errors(findings):
        return None, findings
    dialect, more = check_dialect(mapping, api)
    return dialect, [*findings, *more]


def list_changed(one: MappingFile, other: MappingFile) -> set[str]:
    """The sections in which two mappings differ."""
    return {name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)}


def looks_at(law: Law, changed: set[str]) -> bool:
    """Whether a law looks at any of these sections."""
    unseen = NOT_SENT if law.draws == "order" else NOT_READ
    return bool(changed - unseen or changed & LOOKS_AT.get(law.name, set()))


def draw_for_laws(subject: Subject, count: int, start: int) -> dict[str, list[Example]]:
    """By law ``count`` examples, as many of each mode that it holds in; laws of one kind get the same ones.

    What is ``taken`` is not for a mapping to say.
    """
    pools: dict[tuple[str, Mode], list[Example]] = {}
    found: dict[str, list[Example]] = {}
    for law in (law for law in LAWS.values() if law.draws in ("order", "answer") and law.name != "taken"):
        for mode in law.modes:
            key = (law.draws, mode)
            if key not in pools:
                pools[key] = draw_examples(subject, law.draws, mode, count, start)
            found.setdefault(law.name, []).extend(pools[key][: count // len(law.modes)])
    return found


def draw_examples(subject: Subject, kind: str, mode: Mode, count: int, start: int) -> list[Example]:
    """So many examples for a dialect, always the same for one seed; none where its document has no answers."""
    steps = list_answers(subject) if kind == "answer" else []
    if kind == "answer" and not steps:
        return []
    return collect(answers(steps) if steps else examples(make_choices(subject, mode), mode), count, start)


class Score(NamedTuple):
    """The verdicts on mutants of a mapping, and those of them that are listed as equivalent, with the reason.

    ``made`` tells how many there are, tried or not.
    """

    dialect: str
    verdicts: Sequence[Verdict]
    listed: Mapping[str, str]
    made: int

    def killed(self) -> list[Verdict]:
        """Who was killed."""
        return [verdict for verdict in self.verdicts if verdict.killer]

    def survivors(self) -> list[str]:
        """Who was not, and is not known to be equivalent."""
        return [one.mutant for one in self.verdicts if not one.killer and one.mutant not in self.listed]

    def equivalent(self) -> dict[str, str]:
        """Who was not, since it does the same, and why."""
        return {
            one.mutant: self.listed[one.mutant] for one in self.verdicts if not one.killer and one.mutant in self.listed
        }

    def stale(self) -> list[str]:
        """Who is listed as equivalent and was killed, or is no mutant of this mapping."""
        return [name for name in self.listed if name not in self.equivalent()]

    def share(self) -> float:
        """How many of those that are not equivalent were killed, of 1."""
        killed = len(self.killed())
        return killed / max(killed + len(self.survivors()), 1)

    def killers(self) -> dict[str, int]:
        """How many each killer had, in the order in which they are tried."""
        names = [one.killer for one in self.verdicts]
        return {name: names.count(name) for name in (CHECK, *LAWS, KNOWN) if name in names}
