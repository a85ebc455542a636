"""Origins: where each member of a document that was read stood, as the oracle's entries have it."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapter.lens.lens import make_lens
from adapter.lens.origins import list_origins
from adapter.lens.trees import look

from .case import Case
from .small import bind
from .test_lens import CASES, TREES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@given(data=st.data())
@settings(max_examples=20, deadline=None, phases=(Phase.generate,))  # shrinking trees of every member is slow
def test_every_member_that_was_read_has_the_origin_that_the_oracle_names(case: Case, data: st.DataObject) -> None:
    lens = make_lens("case", bind(*case.rows, uses=case.uses, shapes=case.shapes), case.default_in)
    shown = data.draw(st.just(case.dialect if case.reads is None else case.reads) | TREES["to_canonical"])
    trace = lens.explain(shown, case.context, "to_canonical")
    told = [(pointer, entry.dialect[0]) for entry in trace.entries if entry.dialect for pointer in entry.canonical]
    origins = list(list_origins(lens.rows, trace.target, shown))
    assert [(one.canonical, one.dialect) for one in origins] == [
        (pointer, at) for pointer, at in told if look(trace.target, pointer) is not None
    ]
    for one in origins:
        assert one.value == look(trace.target, one.canonical)
        assert one.source == look(shown, one.dialect)
