"""What came of fuzzing: a verdict on each law of each dialect, and the report on all of them in three formats."""

import html
import re
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from msgspec import Struct, structs

from adapter.core.canonical import ENCODER
from adapter.core.handbook.sheets import Sheet, plain
from adapter.qa.cases import Case, write_case
from adapter.qa.coverage import Coverage
from adapter.qa.coverage_report import as_document, tell_coverage, write_coverage
from adapter.qa.fuzzing import Result
from adapter.qa.laws import ABOUT

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Verdict(Struct, frozen=True):
    """One law of one dialect: how often it was tried, and the cases that broke it."""

    dialect: str
    law: str
    tried: int
    cases: tuple[Case, ...]


class Report(Struct, frozen=True):
    """All verdicts of one run; ``complete`` is false where the time was over before everything was tried.

    ``coverage`` is what of each mapping was exercised, where that was asked for: ``demand`` percent of it.
    """

    seed: int
    seconds: float
    verdicts: tuple[Verdict, ...]
    complete: bool = True
    coverage: tuple[Coverage, ...] = ()
    demand: float = 0.0

    @property
    def cases(self) -> list[Case]:
        return [case for verdict in self.verdicts for case in verdict.cases]

    @property
    def uncovered(self) -> list[Coverage]:
        """The mappings of which too little was exercised."""
        return [coverage for coverage in self.coverage if coverage.is_below(self.demand)]


def sum_up(results: Iterable[Result], seed: int, seconds: float, complete: bool = True) -> Report:
    """The verdicts in batches' results, in whatever order those came; of cases of one slip the smallest is kept."""
    tried: dict[tuple[str, str], int] = {}
    cases: dict[str, Case] = {}
    for result in sorted(results, key=lambda result: result.batch.number):
        for law, count in result.tried.items():
            key = (result.batch.dialect, law)
            tried[key] = tried.get(key, 0) + count
        for case in result.cases:
            known = cases.get(case.name())
            if known is None or len(ENCODER.encode(case.order)) < len(ENCODER.encode(known.order)):
                cases[case.name()] = case
    verdicts = [
        Verdict(dialect, law, count, tuple(c for c in cases.values() if (c.dialect, c.law) == (dialect, law)))
        for (dialect, law), count in tried.items()
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
        {"event": "law", "dialect": one.dialect, "law": one.law, "tried": one.tried, "cases": len(one.cases)}
        for one in report.verdicts
    ]
    lines += [{"event": "coverage", **as_document(one)} for one in report.coverage]
    end = {"event": "end", "seed": report.seed, "seconds": round(report.seconds, 3), "complete": report.complete}
    return b"".join(ENCODER.encode(line) + b"\n" for line in [*lines, end])


def write_junit(report: Report) -> bytes:
    """JUnit's XML: a suite for each dialect, a test for each law, and one for what was exercised."""
    root = ElementTree.Element("testsuites", name="adapter fuzz", time=f"{report.seconds:.3f}")
    for dialect, verdicts, covered in _by_dialect(report):
        broken = sum(bool(verdict.cases) for verdict in verdicts) + sum(one in report.uncovered for one in covered)
        counts = {"name": dialect, "tests": str(len(verdicts) + len(covered)), "failures": str(broken), "errors": "0"}
        suite = ElementTree.SubElement(root, "testsuite", counts)
        for verdict in verdicts:
            test = ElementTree.SubElement(suite, "testcase", classname=f"adapter.fuzz.{dialect}", name=verdict.law)
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
        f"<td class=number>{v.tried}<td class={'broken' if v.cases else 'kept'}>{'broken' if v.cases else 'kept'}"
        for v in report.verdicts
    )
    cases = "".join(_show_case(case) for case in report.cases)
    ended = "" if report.complete else " The time was over before everything was tried."
    about = f"{len(report.cases)} slips, seed {report.seed}, {report.seconds:.1f} s.{ended}"
    head = "<th>dialect<th>law<th>what it says<th>tried<th>verdict"
    sheets = write_coverage(report.coverage) if report.coverage else []
    covered = "".join(map(_show_sheet, sheets))
    return PAGE.format(about=about, head=head, rows=rows, cases=cases, covered=covered).encode()


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
