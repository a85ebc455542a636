"""Pages for a browser: one for each problem, and our own API; each whole in itself, so that nothing else is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from adapter.core.complaints import COMPLAINTS
from adapter.core.handbook.problem_texts import PROBLEM_TEXTS
from adapter.errors import PROBLEMS, REFUSALS

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "code,pre{font:14px/1.4 ui-monospace,monospace;background:#f4f4f4}pre{padding:1rem;overflow:auto}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #ddd;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}h2{margin-top:2.5rem;border-bottom:1px solid #ddd}small{color:#666}"
)

# The problems that pass on what a backend complained of.
COMPLAINING = frozenset({"order-refused", "operation-not-applied"})


def write_problem(kind: str) -> str:
    """The page behind the ``type`` of a problem."""
    row, text = PROBLEMS[kind], PROBLEM_TEXTS[kind]
    told = [(code, refusal.who, refusal.meaning) for code, refusal in REFUSALS.items() if refusal.problem == kind]
    if kind in COMPLAINING:
        told += [(code, complaint.who, complaint.says) for code, complaint in COMPLAINTS.items()]
    parts = [
        f"<p><code>/problems/{kind}</code> · status {row.status} · for the {row.who}</p>",
        f"<h2>Cause</h2><p>{escape(text.cause)}</p><h2>Cure</h2><p>{escape(text.cure)}</p>",
        f"<h2>Codes in <code>errors</code></h2>{_table(('code', 'who', 'meaning'), told)}" if told else "",
        '<p><a href="/problems">All problems</a> · <a href="/docs">The API</a></p>',
    ]
    return _page(row.title, "".join(parts))


def write_problems() -> str:
    """The page that lists them all."""
    rows = [
        (f'<a href="/problems/{kind}">{kind}</a>', str(row.status), escape(row.title)) for kind, row in PROBLEMS.items()
    ]
    return _page("Problems", _table(("type", "status", "what"), rows, raw=True))


def write_reference(document: Mapping[str, Any]) -> str:
    """An OpenAPI document for people."""
    about = document.get("info", {})
    calls = "".join(_write_path(path, item) for path, item in document.get("paths", {}).items())
    schemas = document.get("components", {}).get("schemas", {})
    shapes = "".join(_write_schema(name, schema) for name, schema in schemas.items())
    links = '<p><a href="/openapi.json">openapi.json</a> · <a href="/problems">Problems</a></p>'
    intro = f"<p>{escape(about.get('description', ''))}</p>{links}"
    return _page(f"{about.get('title', 'API')} {about.get('version', '')}", f"{intro}{calls}<h2>Schemas</h2>{shapes}")


def _write_path(path: str, item: Mapping[str, Any]) -> str:
    shared: list[Any] = list(item.get("parameters", ()))
    operations = ((method, said) for method, said in item.items() if isinstance(said, dict) and "responses" in said)
    return "".join(_write_operation(method, path, said, shared) for method, said in operations)


def _write_operation(method: str, path: str, said: Mapping[str, Any], shared: Sequence[Any]) -> str:
    parameters = [
        (one["name"], one["in"], "yes" if one.get("required") else "", one.get("description", ""))
        for one in [*shared, *said.get("parameters", ())]
    ]
    body = list(_name_schemas(said.get("requestBody", {})))
    answers = [
        (status, answer.get("description", ""), ", ".join(answer.get("headers", {})), ", ".join(_name_schemas(answer)))
        for status, answer in said["responses"].items()
    ]
    return "".join(
        [
            f"<h2><code>{method.upper()} {escape(path)}</code></h2><p><b>{escape(said.get('summary', ''))}</b></p>",
            f"<p>{escape(said.get('description', ''))}</p>",
            _table(("parameter", "in", "required", "about"), parameters) if parameters else "",
            f"<p>Body: {', '.join(map(_link, body))}</p>" if body else "",
            _table(("status", "when", "headers", "body"), answers),
        ]
    )


def _name_schemas(content: Mapping[str, Any]) -> Iterator[str]:
    for said in content.get("content", {}).values():
        yield said.get("schema", {}).get("$ref", "").rpartition("/")[2] or "an object"


def _write_schema(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (member, _type(said), "yes" if member in required else "", said.get("description", ""))
        for member, said in schema.get("properties", {}).items()
    ]
    about = f"<p>{escape(schema.get('description', ''))}</p>"
    table = _table(("member", "type", "required", "about"), rows) if rows else ""
    return f'<h3 id="{escape(name)}">{escape(name)}</h3>{about}{table}'


def _type(said: Mapping[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in said:
            return " or ".join(_type(one) for one in said[word])
    kinds = said.get("type", "anything")
    kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"list of {_type(said['items'])}" if kind == "array" and "items" in said else kind


def _link(name: str) -> str:
    return f'<a href="#{escape(name)}">{escape(name)}</a>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, raw: bool = False) -> str:
    """Rows of text, or of HTML where they are ``raw``."""
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    lines = ("".join(f"<td>{cell if raw else escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
