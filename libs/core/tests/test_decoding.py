"""If a Struct is built when it is defined, several threads can be the first to decode it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIRST_USES = """
import sys, threading
import msgspec
from f1_core.foreign import built

sys.setswitchinterval(1e-6)
keys = [f"f{i}" for i in range(30)]
inner = "".join(f"  {key}: 'dict[str, list[int]] | None' = None\\n" for key in keys)
outer = "".join(f"  {key}: 'Inner | None' = None\\n" for key in keys)
code = f"class Inner(msgspec.Struct):\\n{inner}\\nclass Outer(msgspec.Struct):\\n{outer}"
data = msgspec.json.encode({key: {key: {"x": [1]} for key in keys} for key in keys})
for _ in range(100):
    exec(code)
    struct = built(Outer)
    together = threading.Barrier(4)
    def decode():
        together.wait()
        msgspec.json.decode(data, type=struct)
    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_several_threads_can_decode_a_new_struct() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_USES], check=False, timeout=120)
    assert done.returncode == 0


def _classes(tree: ast.AST) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _decoded(tree: ast.AST) -> Iterator[str]:
    """The names of types that a module passes to convert and decode."""
    inside = {
        id(node): one.name for one in _classes(tree) for node in ast.walk(one) if node is not one
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = [word.value for word in node.keywords if word.arg == "type"]
            if node.func.attr == "convert":
                given += node.args[1:]
            elif node.func.attr != "decode":
                continue
            for one in given:
                name = one.id if isinstance(one, ast.Name) else getattr(one, "attr", "")
                yield inside[id(node)] if name == "cls" else name


def test_every_struct_that_programs_decode_is_built() -> None:
    trees = [
        ast.parse(file.read_text())
        for pattern in ("libs/*/src", "jobs/*/src", "services/*/src", "operator/src")
        for folder in ROOT.glob(pattern)
        for file in folder.rglob("*.py")
    ]
    built = {
        one.name
        for tree in trees
        for one in _classes(tree)
        if any(isinstance(name, ast.Name) and name.id == "built" for name in one.decorator_list)
    }
    decoded = {name for tree in trees for name in _decoded(tree)}
    structs = {one.name for tree in trees for one in _classes(tree)}
    assert {"Season", "Progress", "Decision", "Race"} <= decoded
    assert (decoded & structs) - built == set()
