"""The rules of the house that can be executed: who imports whom, how large things are, what every RPC has.

A rule that gets in the way is changed here, with its reason, not stepped around.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("chassis", "services", "gateway", "cli")
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "domain.py").exists())
MODULES = {path.relative_to(ROOT): ast.parse(path.read_text()) for top in CODE for path in (ROOT / top).rglob("*.py")}
TESTS = {path.relative_to(ROOT): ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("*.py")}

# Which modules of ours a module of a service may import: the names of files of its own service (* ends a name), and
# packages. Libraries are named only where they are forbidden.
INNER = ("domain*", "highlights", "facts", "dnd")
STORE = ("tables*", "sight", "rows", "store*", *INNER)
MAY_IMPORT = {
    "domain*": ("chassis.errors", "domain*"),
    "facts": ("chassis.errors", "chassis.facts", *INNER),
    "dnd": ("chassis.errors", *INNER),
    "tables": (),
    "sight": ("tables*", *INNER),
    "rows": ("chassis.database", *INNER),
    "store*": ("chassis.errors", "chassis.database", "chassis.facts*", *STORE),
    "use_cases*": (
        "chassis.*",
        "use_cases*",
        "online",
        "hub*",
        "watch",
        "search",
        "embed*",
        "asking",
        "objects",
        *STORE,
    ),
    "encode*": ("chassis.*", "cairn.*", "encode*", *INNER),
    "servicer*": ("chassis.*", "cairn.*", "encode*", "servicer*", "use_cases*", *INNER),
}
FORBIDDEN_LIBRARIES = {
    "domain*": ("sqlalchemy", "asyncpg", "grpc", "google", "redis", "taskiq"),
    "use_cases*": ("sqlalchemy", "asyncpg", "grpc", "google", "redis", "taskiq"),
    "servicer*": ("sqlalchemy", "asyncpg", "redis", "taskiq"),
    "store*": ("asyncpg", "grpc", "google", "redis"),
}
# What a whole folder may import of ours.
FOLDERS = {
    "chassis": ("chassis", "cairn.policy"),
    "gateway": ("gateway", "chassis", "cairn", "buf"),
    "cli": ("cli", "chassis"),
}
OURS = ("chassis", "services", "gateway", "cli", "cairn", "buf")
# Names of services are nouns of the business; so are these.
NOUNS = re.compile(r"bookmark|presence|snooze|transcri", re.IGNORECASE)
# A module reads nothing when it is imported; one group of commands hanging below another is click's own way.
INPUT_OUTPUT = re.compile(r"\b(open|read_text|read_bytes|connect|urlopen)\(")
WIRING = re.compile(r"\w+\.add_command\(")
MAX_FUNCTION, MAX_TEST, MAX_MODULE, MAX_PARAMETERS, MAX_NESTING = 30, 25, 250, 5, 3
BLOCKS = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)
# Migrations are written once, by table; a decorated command has a parameter for each option a person may give.
EXEMPT = re.compile(r"services/\w+/migrations/|cli/(bookmarks|status)\.py:(save|list_|set_)$")


def imports(tree: ast.AST) -> Iterator[str]:
    """What a module imports, by full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` may name a module, or something in one.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def matches(name: str, pattern: str) -> bool:
    """Whether a name is the pattern's, or lies below it."""
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern or name.startswith(f"{pattern}.")


def rule(rules: dict[str, Any], stem: str) -> Any:
    """What the rules say of a file."""
    return next((value for pattern, value in rules.items() if matches(stem, pattern)), None)


def outward(service: str, path: Path, tree: ast.AST) -> list[str]:
    """What a file of a service imports against the arrow, or from a library that it must not know."""
    allowed, libraries = rule(MAY_IMPORT, path.stem), rule(FORBIDDEN_LIBRARIES, path.stem) or ()
    if allowed is None:
        return []
    names = {name: name.removeprefix(f"services.{service}.") for name in imports(tree)}
    ours = [name for name in names if name.split(".")[0] in OURS]
    wrong = [name for name in ours if not any(matches(names[name], each) for each in allowed)]
    return [*wrong, *(name for name in names if name.split(".")[0] in libraries)]


@pytest.mark.parametrize("service", SERVICES)
def test_the_arrow_of_imports_points_inward(service: str) -> None:
    files = {path: tree for path, tree in MODULES.items() if path.parts[:2] == ("services", service)}
    wrong = {str(path): found for path, tree in files.items() if (found := outward(service, path, tree))}
    assert not wrong


def test_folders_keep_to_themselves() -> None:
    wrong: dict[str, str] = {}
    for path, tree in MODULES.items():
        allowed = FOLDERS.get(path.parts[0], (f"services.{path.parts[1]}", "chassis", "cairn"))
        ours = [name for name in imports(tree) if name.split(".")[0] in OURS]
        wrong |= {str(path): name for name in ours if not any(matches(name, each) for each in allowed)}
    assert not wrong


def test_the_chassis_knows_no_business() -> None:
    code = {path: ast.unparse(tree) for path, tree in MODULES.items() if path.parts[0] == "chassis"}
    assert not [f"{path}: {found[0]}" for path, text in code.items() if (found := NOUNS.search(text))]


def test_only_the_roots_read_the_environment() -> None:
    roots = ("__main__", "worker")
    wrong = [
        path
        for path, tree in MODULES.items()
        if path.parts[0] != "cli" and path.stem not in roots
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    ]
    assert not wrong


def happens(node: ast.stmt) -> bool:
    """Whether a statement of a module does more than define a name."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return False
        case ast.Assign() | ast.AnnAssign():
            return bool(INPUT_OUTPUT.search(ast.unparse(node)))
        case ast.If():
            return ast.unparse(node.test) not in ("TYPE_CHECKING", "__name__ == '__main__'")
        case ast.Expr(value=ast.Constant()):
            return False
    return not WIRING.match(ast.unparse(node))


def test_importing_a_module_only_defines() -> None:
    ours = {path: tree for path, tree in MODULES.items() if not EXEMPT.search(str(path))}
    assert not [f"{path}:{node.lineno}" for path, tree in ours.items() for node in tree.body if happens(node)]


def test_nothing_prints_or_keeps_state_in_a_module() -> None:
    wrong = []
    for path, tree in MODULES.items():
        for node in ast.walk(tree):
            prints = isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write")
            if prints or isinstance(node, ast.Global):
                wrong.append(f"{path}: {ast.unparse(node)}")
    assert not wrong


def test_servicers_leave_errors_to_the_chain() -> None:
    trees = {path: tree for path, tree in MODULES.items() if path.stem.startswith("servicer")}
    assert not [path for path, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.Try)]
    assert not [path for path, tree in trees.items() if ".abort(" in ast.unparse(tree)]


def functions() -> Iterator[tuple[Path, Any]]:
    """Every function of ours, methods and inner ones included."""
    for path, tree in (*MODULES.items(), *TESTS.items()):
        for node in ast.walk(tree):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if named and not EXEMPT.search(f"{path}:{getattr(node, 'name', '')}"):
                yield path, node


def test_functions_fit_on_a_screen() -> None:
    wrong = []
    for path, node in functions():
        lines = node.end_lineno - node.lineno + 1 - _docstring_lines(node)
        most = MAX_TEST if node.name.startswith("test_") else MAX_FUNCTION
        if lines > most:
            wrong.append(f"{path}:{node.lineno} {node.name} has {lines} lines")
    assert not wrong


def test_functions_take_few_parameters_and_nest_little() -> None:
    wrong = []
    for path, node in functions():
        names = [each.arg for each in (*node.args.posonlyargs, *node.args.args) if each.arg not in ("self", "cls")]
        fixture = any("fixture" in ast.unparse(each) for each in node.decorator_list)
        if len(names) > MAX_PARAMETERS and not fixture and path.parts[0] != "tests":
            wrong.append(f"{path}:{node.lineno} {node.name} takes {len(names)} parameters")
        if (depth := _depth(node)) > MAX_NESTING:
            wrong.append(f"{path}:{node.lineno} {node.name} nests {depth} deep")
    assert not wrong


def test_modules_fit_in_a_head() -> None:
    paths = [path for path in (*MODULES, *TESTS) if not EXEMPT.search(str(path))]
    sizes = {path: len((ROOT / path).read_text().splitlines()) for path in paths}
    assert not {str(path): size for path, size in sizes.items() if size > MAX_MODULE}


def _docstring_lines(node: ast.FunctionDef) -> int:
    first = node.body[0]
    has_one = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if has_one else 0


def _depth(node: ast.AST) -> int:
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        # `elif` stands no deeper than its `if`.
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, (isinstance(child, BLOCKS) and not chained) + _depth(child))
    return deepest
