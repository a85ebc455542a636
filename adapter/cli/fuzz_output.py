"""What a person sees of fuzzing: how far it is, what is broken by which row, and how to see it again."""

import os
from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from adapter.cli.fuzz_replay import Replay
from adapter.cli.sheets import print_sheets
from adapter.qa.cases.cases import Case, list_facts
from adapter.qa.coverage.coverage_report import write_coverage
from adapter.qa.laws.laws import ABOUT
from adapter.qa.tries.fuzzing import Batch, Result
from adapter.qa.tries.verdicts import Report, Verdict, list_notes

STYLES = {"fixed": "green", "failed": "red", "error": "yellow"}


class Speed(ProgressColumn):
    """Examples a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.0f}/s" if task.speed else "", style="cyan")


def follow(results: Iterable[Result], batches: Sequence[Batch]) -> list[Result]:
    """All results, with a bar on a terminal while they come; those of no planned batch make it longer."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[laws]} laws"),
        Speed(),
        TimeRemainingColumn(),
    )
    found: list[Result] = []
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        names = dict.fromkeys(batch.dialect for batch in batches)
        tasks = {name: _begin(progress, name, [b for b in batches if b.dialect == name]) for name in names}
        for result in results:
            name, examples = result.batch.dialect, result.batch.examples
            if name not in tasks:
                tasks[name] = _begin(progress, name, [result.batch])
            elif result.batch.is_given():
                progress.update(tasks[name], total=examples + (progress.tasks[tasks[name]].total or 0))
            progress.advance(tasks[name], examples)
            found.append(result)
    return found


def _begin(progress: Progress, name: str, batches: Sequence[Batch]) -> TaskID:
    laws = {law for batch in batches for law in batch.laws}
    return progress.add_task(name, total=sum(batch.examples for batch in batches), laws=len(laws))


def print_report(report: Report, tell_again: Callable[[Case], str]) -> None:
    """Each dialect in a line, each slip with its order and the line that shows it again, then what was exercised."""
    console = Console(soft_wrap=True, highlight=False)
    for name in dict.fromkeys(verdict.dialect for verdict in report.verdicts):
        console.print(_line(name, [verdict for verdict in report.verdicts if verdict.dialect == name]))
    for case in report.cases:
        _print_case(console, case, tell_again(case))
    if report.coverage:
        console.print()
        print_coverage(report)
    for note in list_notes(report):
        console.print(Text(note, style="yellow"))
    ended = "" if report.complete else "; the time was over before everything was tried"
    spent = sum(os.times()[:4])  # this process and those it waited for
    console.print(Text(f"seed {report.seed}, {report.seconds:.1f} s, {spent:.1f} s of processor time{ended}"))


def print_coverage(report: Report) -> None:
    """What was exercised, and what never was."""
    print_sheets(Console(), write_coverage(report.coverage))


def _line(name: str, verdicts: Sequence[Verdict]) -> Text:
    broken = [verdict.law for verdict in verdicts if verdict.cases]
    tried, held = (sum(getattr(verdict, count) for verdict in verdicts) for count in ("tried", "held"))
    text = Text()
    text.append(name, style="bold")
    text.append(f"  {len(verdicts)} laws, tried {tried} times, {held} with something to hold  ")
    return text.append(f"broken: {', '.join(broken)}" if broken else "ok", style="red" if broken else "green")


def _print_case(console: Console, case: Case, again: str) -> None:
    console.print()
    console.print(Text.assemble((f"{case.dialect}: {case.law}", "bold red"), f"  {ABOUT[case.law]}"))
    told = {**list_facts(case), "again": again}
    for name, text in told.items():
        console.print(Text(f"  {name:<8}{text}"))


def print_replays(replays: Iterable[Replay]) -> int:
    """Each case in a line; 0 where all are fixed, 1 where one fails, 2 where one could not be tried."""
    console = Console(soft_wrap=True, highlight=False)
    states = set()
    for replay in replays:
        console.print(
            Text.assemble((f"{replay.state:<7}", STYLES[replay.state]), f"{replay.name}  {replay.told}".rstrip())
        )
        states.add(replay.state)
    return 2 if "error" in states else 1 if "failed" in states else 0
