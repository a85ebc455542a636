"""What came of fuzzing: a verdict on each law of each dialect, and the report on all of them in three formats."""

import html
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from msgspec import Struct, structs

from adapter.core.canonical import ENCODER
from adapter.core.handbook.sheets import Sheet, plain
from adapter.qa.cases.cases import Case, write_case
from adapter.qa.coverage.coverage import Coverage
from adapter.qa.coverage.coverage_report import as_document, tell_coverage, write_coverage
from adapter.qa.laws.laws import ABOUT
from adapter.qa.tries.fuzzing import Result

UNSENT = "no order that was drawn can be sent, so that most laws had nothing to hold"
UNJUDGED = "no known pairs, so that nobody judged whether like members stand in each other's place"

# Laws that speak of every order that can be said in the dialect or sent; so many examples of which not one can be prove
# that none can.
OF_ANY_ORDER = frozenset({"forward_back", "back_forward", "calls", "monotone", "refusal", "failure"})
ENOUGH = 20

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Verdict(Struct, frozen=True):
    """One law of one dialect: how often it was tried, and had something to hold; the cases that broke it."""

    dialect: str
    law: str
    tried: int
    held: int
    cases: tuple[Case, ...]

    @property
    def empty(self) -> bool:
        """Whether it was tried often enough, and had nothing to hold though it speaks of any order."""
        return self.law in OF_ANY_ORDER and self.tried >= ENOUGH and not self.held


class Report(Struct, frozen=True):
    """All verdicts of one run; ``complete`` is false where the time was over before everything was tried.

    ``unjudged`` are dialects without known pairs, so that nobody judged whether like members changed places.
    ``coverage`` is what of each mapping was exercised, where that was asked for: ``demand`` percent of it.
    """

    seed: int
    seconds: float
    verdicts: tuple[Verdict, ...]
    complete: bool = True
    coverage: tuple[Coverage, ...] = ()
    demand: float = 0.0
    unjudged: tuple[str, ...] = ()

    @property
    def unsent(self) -> list[str]:
        """Dialects in which no order could be sent, so that most laws had nothing to hold."""
        return list(dict.fromkeys(one.dialect for one in self.verdicts if one.empty))

    @property
    def cases(self) -> list[Case]:
        return [case for verdict in self.verdicts for case in verdict.cases]

    @property
    def uncovered(self) -> list[Coverage]:
        """The mappings of which too little was exercised."""
        return [coverage for coverage in self.coverage if coverage.is_below(self.demand)]


def sum_up(results: Iterable[Result], seed: int, seconds: float, complete: bool = True) -> Report:
    """The verdicts in batches' results, in whatever order those came; of cases of one slip the smallest is kept."""
    tried: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    cases: dict[str, Case] = {}
    for result in sorted(results, key=lambda result: result.batch.number):
        for law, count in result.tried.items():
            tried[result.batch.dialect, law] += count
            held[result.batch.dialect, law] += result.held.get(law, 0)
        for case in result.cases:
            known = cases.get(case.name())
            if known is None or len(ENCODER.encode(case.order)) < len(ENCODER.encode(known.order)):
                cases[case.name()] = case
    broken = [structs.replace(case, seed=None if case.seed is None else seed) for case in cases.values()]
    verdicts = [
        Verdict(*key, count, held[key], tuple(case for case in broken if (case.dialect, case.law) == key))
        for key, count in tried.items()
    ]
    laws = list(ABOUT)
    verdicts.sort(key=lambda verdict: (verdict.dialect, laws.index(verdict.law)))
    return Report(seed, seconds, tuple(verdicts), complete)


def write_ndjson(report: Report) -> bytes:
    """One JSON document a line: each case, each verdict, what was exercised, and at last the run."""
    lines: list[dict[str, Any]] = [
        {"event": "case", "name": case.name(), **structs.asdict(case)} for case in report.cases
    ]
    lines += [
        {
            "event": "law",
            "dialect": one.dialect,
            "law": one.law,
            "tried": one.tried,
            "held": one.held,
            "cases": len(one.cases),
        }
        for one in report.verdicts
    ]
    lines += [{"event": "coverage", **as_document(one)} for one in report.coverage]
    end = {"event": "end", "seed": report.seed, "seconds": round(report.seconds, 3), "complete": report.complete}
    end |= {"unsent": report.unsent, "unjudged": report.unjudged}
    return b"".join(ENCODER.encode(line) + b"\n" for line in [*lines, end])


def write_junit(report: Report) -> bytes:
    """JUnit's XML: a suite for each dialect, a test for each law, and one for what was exercised."""
    root = ElementTree.Element("testsuites", name="adapter fuzz", time=f"{report.seconds:.3f}")
    for dialect, verdicts, covered in _by_dialect(report):
        broken = sum(bool(one.cases) or one.empty for one in verdicts) + sum(one in report.uncovered for one in covered)
        counts = {"name": dialect, "tests": str(len(verdicts) + len(covered)), "failures": str(broken), "errors": "0"}
        suite = ElementTree.SubElement(root, "testsuite", counts)
        for verdict in verdicts:
            test = ElementTree.SubElement(suite, "testcase", classname=f"adapter.fuzz.{dialect}", name=verdict.law)
            if verdict.empty:
                ElementTree.SubElement(test, "failure", message=UNSENT, type=verdict.law)
            elif not verdict.held and not verdict.cases:
                ElementTree.SubElement(test, "skipped", message="there was nothing to hold, or no time")
            for case in verdict.cases:
                told = ElementTree.SubElement(test, "failure", message=_xml(tell_case(case)), type=verdict.law)
                told.text = _xml(write_case(case).decode())
        for one in covered:
            test = ElementTree.SubElement(suite, "testcase", classname=f"adapter.fuzz.{dialect}", name="coverage")
            if one in report.uncovered:
                told = ElementTree.SubElement(test, "failure", message=tell_coverage(one), type="coverage")
                told.text = "\n".join([*(way.name() for way in one.never()), *one.stale()])
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def write_html(report: Report) -> bytes:
    """One page that needs nothing beside it: verdicts as a table, each case with its order, what was exercised."""
    rows = "".join(
        f"<tr><td>{html.escape(v.dialect)}<td><code>{v.law}</code><td>{html.escape(ABOUT[v.law])}"
        f"<td class=number>{v.tried}<td class=number>{v.held}"
        f"<td class={'broken' if v.cases else 'kept'}>{'broken' if v.cases else 'kept'}"
        for v in report.verdicts
    )
    cases = "".join(_show_case(case) for case in report.cases)
    ended = "" if report.complete else " The time was over before everything was tried."
    about = f"{len(report.cases)} slips, seed {report.seed}, {report.seconds:.1f} s.{ended}"
    about += "".join(f" {html.escape(note)}." for note in list_notes(report))
    head = "<th>dialect<th>law<th>what it says<th>tried<th>held<th>verdict"
    sheets = write_coverage(report.coverage) if report.coverage else []
    covered = "".join(map(_show_sheet, sheets))
    return PAGE.format(about=about, head=head, rows=rows, cases=cases, covered=covered).encode()


def list_notes(report: Report) -> list[str]:
    """What the verdicts do not say by themselves."""
    unsent = [f"{name}: {UNSENT}" for name in report.unsent]
    return unsent + [f"{name}: {UNJUDGED}" for name in report.unjudged]


def tell_case(case: Case) -> str:
    """A case in one line: the member and what is wrong with it, and the row to blame."""
    said = f"{case.pointer}: {case.message}" if case.pointer else case.message
    return f"{said} ({case.row})" if case.row else said


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>adapter fuzz</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color-scheme: light dark }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ border-bottom: 1px solid #8885; padding: .3rem .6rem; text-align: left }}
.number {{ text-align: right }} .kept {{ color: #2a7d3f }} .broken {{ color: #c0392b; font-weight: bold }}
pre {{ background: #8882; padding: 1rem; overflow: auto }}
</style>
<h1>adapter fuzz</h1>
<p>{about}</p>
<table><thead><tr>{head}</thead><tbody>{rows}</tbody></table>
{cases}
{covered}
</html>
"""


def _show_case(case: Case) -> str:
    return (
        f"<section><h2>{html.escape(case.dialect)}: <code>{case.law}</code></h2>"
        f"<p>{html.escape(tell_case(case))}</p><pre>{html.escape(write_case(case).decode())}</pre></section>"
    )


def _show_sheet(sheet: Sheet) -> str:
    head = "".join(f"<th>{html.escape(name)}" for name in sheet.columns)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(plain(cell))}" for cell in row) for row in sheet.rows)
    table = f"<table><thead><tr>{head}</thead><tbody>{rows}</tbody></table>"
    return f"<section><h2>{html.escape(sheet.title)}</h2><p>{html.escape(sheet.about)}</p>{table}</section>"


def _by_dialect(report: Report) -> list[tuple[str, list[Verdict], list[Coverage]]]:
    verdicts, coverage = report.verdicts, report.coverage
    names = dict.fromkeys([*(verdict.dialect for verdict in verdicts), *(one.dialect for one in coverage)])
    return [
        (name, [one for one in verdicts if one.dialect == name], [one for one in coverage if one.dialect == name])
        for name in names
    ]


def _xml(text: str) -> str:
    """A text without the characters that XML cannot say."""
    return NOT_XML.sub("?", text)
