"""The variables of the process as a sheet for people."""

import typing
from pathlib import Path

import msgspec

from adapter.core.handbook.sheets import Sheet, code, codes
from adapter.shell.settings import ABOUT, Settings

NOTHING = "none"


def list_variables() -> Sheet:
    """One row for each variable: its default, what else it may be, and what it means."""
    rows = []
    for field in msgspec.structs.fields(Settings):
        choices = typing.get_args(field.type) if typing.get_origin(field.type) is typing.Literal else ()
        default = NOTHING if field.default is None else code(_spell(field.default))
        about = f"{ABOUT[field.name]}; one of {codes(choices)}" if choices else ABOUT[field.name]
        rows.append((code(f"ADAPTER_{field.name.upper()}"), default, about))
    return Sheet("Variables", ("variable", "default", "meaning"), tuple(rows))


def _spell(default: object) -> object:
    return str(default) if isinstance(default, (Path, float)) else default
