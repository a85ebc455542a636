"""The folder with known pairs: orders, what they are said as, and what a person has listed about a mapping."""

import json
import tomllib
from pathlib import Path
from typing import Any

from adapter.errors import SetupError
from adapter.qa.known.known import Known
from adapter.qa.known.known_files import parse_known
from adapter.qa.known.listed import read_listed
from adapter.shell.files import find_mappings, shipped

ABOUT_KNOWN = "orders/, golden/DIALECT/ with known pairs (those that are shipped, or beside a mapping of your own)"


def find_known(name: str = "", own: Path | None = None) -> Path | None:
    """The folder with the known pairs of a dialect: its own beside a mapping of the user's, else those shipped."""
    if own is not None and name and own in find_mappings(own)[name].parents:
        return own if (own / "golden").is_dir() else None
    folders = (shipped() / "known", shipped() / "tests")  # in the package, in the repository
    return next((folder for folder in folders if (folder / "golden").is_dir()), None)


def read_known(folder: Path, name: str) -> Known | None:
    """The known pairs of a dialect in a folder; None where it has none."""
    path, orders = folder / "golden" / name / "known.json", read_orders(folder)
    if not path.is_file():
        return None
    said = {order: _read_json(path.with_name(f"{order}.json")) for order in orders}
    for other in {one.stem for one in path.parent.glob("*.json")} - {path.stem, *orders}:
        raise SetupError("expected the order of what is known, found none", at=str(folder / "orders" / f"{other}.json"))
    return parse_known(path.read_bytes(), orders, said, str(path))


def read_orders(folder: Path) -> dict[str, bytes]:
    orders = {path.stem: path.read_bytes() for path in sorted((folder / "orders").glob("*.json"))}
    if not orders:
        raise SetupError("expected a folder with orders/*.json in it", at=str(folder))
    return orders


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise SetupError(f"expected what an order is said as, in JSON: {exc}", at=str(path)) from exc


def read_equivalent(folder: Path | None, name: str) -> dict[str, str]:
    """The mutants of a dialect that are listed as equivalent, with the reason."""
    return _read_listed(folder, name, "equivalent", "mutants")


def read_unreachable(folder: Path | None, name: str) -> dict[str, str]:
    """The ways of a dialect's mapping that are listed as such that nothing can go, with the reason."""
    return _read_listed(folder, name, "unreachable", "ways")


def _read_listed(folder: Path | None, name: str, kind: str, members: str) -> dict[str, str]:
    path = None if folder is None else folder / "golden" / name / f"{kind}.toml"
    if path is None or not path.is_file():
        return {}
    try:
        return read_listed(tomllib.loads(path.read_text(encoding="utf-8")), kind, members, str(path))
    except tomllib.TOMLDecodeError as exc:
        raise SetupError(f"expected a TOML file: {exc}", at=str(path)) from exc
