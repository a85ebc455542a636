"""Which ways of its mapping an order and the answers to it went."""

from collections.abc import Iterator
from typing import Any

from adapter.core.canonical import read_json
from adapter.core.complaints import trace_heard, trace_proofs
from adapter.core.coverage.footprints import Footprints
from adapter.core.coverage.ways import Way, list_sections, name_source
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey, tenant_steps
from adapter.core.outcomes import Answered, Sent
from adapter.core.steps import Call, Step, is_skipped, take
from adapter.errors import Problem
from adapter.lens.trees import Tree, parse_path, reach


class Survey:
    """The ways of one dialect, as far as somebody goes them; with ``back`` those too that only laws go.

    Those are the ways back: of orders from the dialect, of receipts to it.
    """

    def __init__(self, dialect: Dialect, *, back: bool = True) -> None:
        self.dialect = dialect
        self.back = back
        self.source = name_source(dialect)
        self.order, *self.answers = [Footprints(section) for section in list_sections(dialect)]

    def look_at_order(self, order: Tree, context: Tree) -> Iterator[Way]:
        """Rows on the way to the dialect."""
        ways, document = self.order.find(order, context, "to_dialect")
        yield from ways
        if document is not None and self.back:
            yield from self.order.find(document, context, "to_canonical")[0]

    def look_at_steps(self, journey: Journey) -> Iterator[Way]:
        """Steps that an order takes, and those that it skips."""
        taken = tenant_steps(journey.tenant)
        for step in self.dialect.steps:
            skipped = all(step is not one for one in taken) or is_skipped(step.rows, journey.document)
            yield self.name_step(step, "skipped" if skipped else "called")

    def look_at_answer(self, journey: Journey, call: Call, sent: Sent) -> Iterator[Way]:
        """The call, and what its answer is read by; nothing is known of one that was lost."""
        yield self.name_step(call.step, "called")
        if isinstance(sent, Answered):
            answer = _read(sent.body)
            if 200 <= sent.status < 300:
                yield from self._look_at_success(journey, call.step, answer)
            else:
                yield from self._look_at_failure(sent.status, answer)

    def look_at_sight(self, kind: str) -> Way:
        """What a look-up showed, see ``lookups.Sight``."""
        return Way("step", f"{self.source}lookup", kind)

    def look_at_document(self, step: Step, document: Any, context: Tree) -> Iterator[Way]:
        """Rows by which a valid answer is read."""
        for footprints, wanted in zip(self.answers, (step.rows.receipt, step.rows.echo), strict=False):
            if wanted:
                ways, receipt = footprints.find(document, context, "to_canonical")
                yield from ways
                if receipt is not None and self.back:
                    yield from footprints.find(receipt, context, "to_dialect")[0]

    def _look_at_success(self, journey: Journey, step: Step, answer: Any) -> Iterator[Way]:
        mapping = self.dialect.mapping
        if not step.answer.is_valid(answer):
            return
        expected = mapping.outcomes.placed_if
        if expected:
            kept = all(reach(answer, parse_path(path).keys) == value for path, value in expected.items())
            yield Way("complaint", f"{self.source}outcome.placed_if", "kept" if kept else "contradicted")
            if not kept:
                yield from self._hear("said", answer)
                return
        yield from self.look_at_document(step, take(step, answer)[1], journey.context)
        yield from self._hear("warnings", answer)

    def _look_at_failure(self, status: int, answer: Any) -> Iterator[Way]:
        for name in ("rejected", "not_applied"):
            if status in getattr(self.dialect.mapping.outcomes, name):
                yield Way("complaint", f"{self.source}outcome.{name}", str(status))
        yield from self._hear("said", answer)
        if status >= 400:
            proofs = trace_proofs(self.dialect.mapping.errors, answer)
            yield from (Way("complaint", f"{self.source}error.proves", code) for code in proofs)

    def _hear(self, where: str, answer: Any) -> Iterator[Way]:
        rules = self.dialect.mapping.errors
        heard = trace_heard(getattr(rules, where), rules, answer)
        if heard is not None:
            number, codes = heard
            yield Way("complaint", f"{self.source}error.{where}[{number}]", "heard")
            yield from (Way("complaint", f"{self.source}error.codes", code) for code in codes)

    def name_step(self, step: Step, what: str) -> Way:
        """What became of a step."""
        return Way("step", f"{self.source}step[{self.dialect.steps.index(step)}]", what)


def _read(body: bytes) -> Any:
    try:
        return read_json(body)
    except Problem:
        return None
