"""What the import contracts cannot say: imports at the top, no signals, no drawers without a name, small files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *("contactcenter", "dashboards", "intake", "approvals", "conversations"),
    *("replies", "knowledge", "gateways", "accounts", "core"),
)
DRAWERS = {"utils", "helpers", "services", "common", "misc", "tasks", "signals"}
LONGEST_FILE, LONGEST_FUNCTION = 350, 60


def sources() -> list[Path]:
    found = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")) if "migrations" not in file.parts]
    assert len(found) > 60, "vacuous: the rooms were not found"
    return found


FILES = [pytest.param(file, id=str(file.relative_to(ROOT))) for file in sources()]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


@pytest.mark.parametrize("file", FILES)
def test_imports_stand_at_the_top(file: Path) -> None:
    inside = [
        node.lineno
        for function in functions(ast.parse(file.read_text()))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert not inside, f"imports inside functions at lines {inside}"


@pytest.mark.parametrize("file", FILES)
def test_no_signals_and_no_direct_delay(file: Path) -> None:
    tree = ast.parse(file.read_text())
    decorators = [ast.unparse(one) for function in functions(tree) for one in function.decorator_list]
    assert not [one for one in decorators if one.split("(")[0].endswith("receiver")]
    called = [node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    assert not {"delay", "apply_async", "delay_on_commit"} & set(called), "work is asked for with jobs.enqueue"


@pytest.mark.parametrize("file", FILES)
def test_no_drawers_without_a_name(file: Path) -> None:
    assert file.stem not in DRAWERS


@pytest.mark.parametrize("file", FILES)
def test_files_and_functions_are_small(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    long = [one.name for one in functions(ast.parse(text)) if (one.end_lineno or 0) - one.lineno + 1 > LONGEST_FUNCTION]
    assert not long


def test_thinking_never_touches_the_database() -> None:
    for file in sources():
        if file.relative_to(ROOT).parts[0] == "replies":
            names = [
                name
                for node in ast.walk(ast.parse(file.read_text()))
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
            ]
            assert not [name for name in names if name.startswith("django.db")], file
