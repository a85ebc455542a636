"""Pages for browsers: each problem has its cause and cure, our API is whole, and nothing else is fetched."""

import re

import pytest

from adapter.core.complaints import COMPLAINTS
from adapter.core.handbook.problem_texts import PROBLEM_TEXTS
from adapter.core.handbook.web_pages import write_problem, write_problems, write_reference
from adapter.errors import PROBLEMS, REFUSALS
from adapter.shell.files import load_document, shipped

DOCUMENT = load_document(shipped(), "gateway")
REFERENCE = write_reference(DOCUMENT)


def test_each_problem_has_a_cause_and_a_cure() -> None:
    assert PROBLEM_TEXTS.keys() == PROBLEMS.keys()
    for text in PROBLEM_TEXTS.values():
        assert re.search(r"[.`]$", text.cause)
        assert re.search(r"[.`]$", text.cure)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problems_page_says_what_it_is_and_who_acts(kind: str) -> None:
    page = write_problem(kind)

    assert f"/problems/{kind}" in page
    assert f"status {PROBLEMS[kind].status}" in page
    assert f"for the {PROBLEMS[kind].who}" in page
    assert all(f"<td>{code}</td>" in page for code, refusal in REFUSALS.items() if refusal.problem == kind)
    assert f'href="/problems/{kind}"' in write_problems()


def test_a_refusal_by_a_backend_lists_our_codes_for_it() -> None:
    assert all(f"<td>{code}</td>" in write_problem("order-refused") for code in COMPLAINTS)


def test_the_reference_has_every_call_member_and_answer() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            assert f"<code>{method.upper()} {path}</code>" in REFERENCE
            assert all(f"<td>{status}</td>" in REFERENCE for status in operation["responses"])
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert f'<h3 id="{name}">' in REFERENCE
        assert all(f"<td>{member}</td>" in REFERENCE for member in schema.get("properties", {}))


@pytest.mark.parametrize("page", [REFERENCE, write_problems(), *map(write_problem, PROBLEMS)])
def test_a_page_fetches_nothing(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe|object|form)|https?:|@import|url\(", page)
    for target in re.findall(r'href="([^"]+)"', page):
        assert target.startswith(("/docs", "/problems", "/openapi.json", "#"))


def test_what_a_document_says_is_text() -> None:
    evil = {"info": {"title": "<script>1</script>", "description": "<img src=x>"}}

    assert not re.search("<script|<img", write_reference(evil))
