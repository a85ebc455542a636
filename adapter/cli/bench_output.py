"""What `adapter bench` found, as a value for machines and as tables for people."""

import msgspec
from rich.console import Console
from rich.table import Table

from adapter.bench.lenses import Costs


class Way(msgspec.Struct, frozen=True):
    """The whole way at one number of clients and of workers.

    ``of_one`` is the rate by that of one worker; ``cpu`` microseconds of a processor that an order takes of the
    gateway, and ``memory`` megabytes that it has at most, all its processes together.
    """

    clients: int
    workers: int
    rate: float
    of_one: float | None
    p50: float
    p99: float
    cpu: float | None
    memory: float | None


class Report(msgspec.Struct, frozen=True):
    """All that was measured; milliseconds by stage, and what the gateway adds to the backend's own p50."""

    dialect: str
    mapping: list[Costs]
    stages: dict[str, float] = {}
    path: list[Way] = []
    added: float | None = None
    why_no_path: str = ""


def print_report(console: Console, report: Report) -> None:
    console.print(_table_of_costs(report))
    if any(cost.by_hand is None for cost in report.mapping):
        console.print("Nobody wrote this mapping by hand, so what the lens takes of that is not known.")
    if report.why_no_path:
        console.print(f"The whole way is not measured: {report.why_no_path}.")
        return
    console.print(_table_of_ways(report.path))
    table = _table("\nan order's stages, one order at a time", "stage", "ms", "share")
    whole = sum(report.stages.values())
    for stage, took in report.stages.items():
        table.add_row(stage, f"{took:.2f}", f"{took / whole:.0%}")
    console.print(table)
    if report.added is not None:
        console.print(f"\nThe gateway adds {report.added:.2f} ms to what the backend takes (p50).")


def _table_of_costs(report: Report) -> Table:
    headings = ("lines", "JSON alone", "by hand", "lens", "of by hand", "lens, telling nothing", "all, with ledger")
    table = _table(f"CPU µs to map one order to {report.dialect}, and its receipt back", *headings)
    for cost in report.mapping:
        lens, silent = cost.order + cost.receipt, cost.silent + cost.receipt
        by_hand = (_tell(cost.by_hand, ".1f"), f"{lens:.1f}", _tell(cost.of_by_hand, ".2f"))
        whole = f"{cost.map_out + cost.receipt:.1f}"
        table.add_row(str(cost.lines), f"{cost.floor:.1f}", *by_hand, f"{silent:.1f}", whole)
    return table


def _table_of_ways(path: list[Way]) -> Table:
    headings = ("clients", "workers", "orders/s", "of one worker", "p50 ms", "p99 ms", "CPU µs", "memory MB")
    table = _table("\nthe whole way, journal on", *headings)
    for one in path:
        cells = (f"{one.rate:,.0f}", _tell(one.of_one, ".2f"), f"{one.p50:.2f}", f"{one.p99:.2f}")
        table.add_row(str(one.clients), str(one.workers), *cells, _tell(one.cpu, ",.0f"), _tell(one.memory, ".0f"))
    return table


def _tell(figure: float | None, form: str) -> str:
    return "?" if figure is None else format(figure, form)


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table
