"""`make mutants`: change a line, run its tests, and list the changes that they do not detect.

    make mutants                             every module of modules.toml, a sample of each
    make mutants MODULE=templates            the chart's templates
    make mutants MODULE=budget,keys SAMPLE=all
                                             modules whose path contains a word, every line
    make mutants SINCE=HEAD~3                lines that were changed since a revision
    make mutants MINUTES=30                  end after 30 minutes

Exits with 1 if less than 90% of the mutants were detected, without those of survivors.toml.
"""

import argparse
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutants import Mutant, TextMutant, changed_lines, chosen, mutants, sql_mutants
from sandbox import Sandbox
from templates import FOLDER, template_mutants

ROOT = Path(__file__).parents[2]
AIM = 0.9


def main() -> int:
    """Try mutants, and print each that no test detects."""
    arguments = _arguments()
    explained = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text())
    known = {(one["module"], one["line"], one["mutation"]) for one in explained.get("survivor", [])}
    folder = ROOT / ".cache/mutants" / (arguments.sandbox or "tree")
    noticed: Counter[bool] = Counter()
    broken = []
    with Sandbox(ROOT, folder) as sandbox:
        until = time.monotonic() + 60 * arguments.minutes
        for module, tests in _modules():
            selected = any(word in str(module) for word in arguments.module.split(","))
            if selected and time.monotonic() < until:
                drawn = _chosen(sandbox.folder, module, arguments)
                tried = [one for one in drawn if (str(module), one.text, one.name) not in known]
                if tried:
                    passed, took = sandbox.without_mutant(tests)
                    if not passed:
                        print(f"{module}: {' '.join(tests)} fail without a mutant", flush=True)
                        broken.append(module)
                        continue
                    here = _survey(sandbox, tried, tests, 4 * took + 60, until)
                    noticed += here
                    print(
                        f"{module}: {here[True]} of {here.total()} noticed, "
                        f"{len(drawn) - len(tried)} explained, {took:.0f} s a run",
                        flush=True,
                    )
    if not noticed:
        print("no mutants: nothing in modules.toml was changed")
        return 0
    share = noticed[True] / noticed.total()
    print(f"{noticed[True]} of {noticed.total()} mutants noticed, {share:.1%} (aim: {AIM:.0%})")
    return 0 if share >= AIM and not broken else 1


def _survey(
    sandbox: Sandbox,
    tried: list[Mutant | TextMutant],
    tests: list[str],
    timeout_s: float,
    until: float,
) -> Counter[bool]:
    """The numbers of detected (True) and undetected (False) mutants."""
    here: Counter[bool] = Counter()
    for mutant in tried:
        if time.monotonic() > until:
            break
        result = _notice(sandbox, mutant, tests, timeout_s)
        if result is not None:
            here[result] += 1
        if result is False:
            print(f"  NOT NOTICED {mutant}", flush=True)
    return here


def _modules() -> Iterator[tuple[Path, list[str]]]:
    """Each module with its tests; each template of the chart, with its own tests if it has any."""
    settings = tomllib.loads((Path(__file__).parent / "modules.toml").read_text())
    for path, one in settings.items():
        if path != str(FOLDER):
            yield Path(path), one["tests"]
            continue
        for template in sorted((ROOT / FOLDER).rglob("*")):
            name = template.relative_to(ROOT)
            if template.suffix in (".yaml", ".tpl") and str(name) not in settings:
                yield name, one["tests"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("--module", default="", help="words of the modules' paths")
    parser.add_argument("--sample", default="12", help="lines of each module, or all")
    parser.add_argument("--since", default="", help="only lines changed since this revision")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sandbox", default="", help="a name, where two run beside each other")
    return parser.parse_args()


def _chosen(root: Path, module: Path, arguments: argparse.Namespace) -> list[Mutant | TextMutant]:
    found: list[Mutant | TextMutant]
    match module.suffix:
        case ".py":
            found = [*mutants(root, module)]
        case ".sql":
            found = [*sql_mutants(root, module)]
        case _:
            found = [*template_mutants(root, module)]
    if arguments.since:
        lines = changed_lines(ROOT, arguments.since, module)
        found = [one for one in found if one.line in lines]
    at_most = None if arguments.sample == "all" else int(arguments.sample)
    return chosen(found, at_most, arguments.seed)


def _notice(
    sandbox: Sandbox, mutant: Mutant | TextMutant, tests: list[str], timeout_s: float
) -> bool | None:
    """Whether a test fails with the mutant; None: it has no effect, or is invalid Python."""
    source = (sandbox.folder / mutant.module).read_text()
    code = mutant.code(source)
    if code is None or code == source:
        return None
    if mutant.module.suffix == ".py":
        try:
            compile(code, str(mutant.module), "exec")
        except SyntaxError:
            return None
    sandbox.write(mutant.module, code)
    try:
        passed, _ = sandbox.passes(tests, timeout_s)
    finally:
        sandbox.write(mutant.module, source)
    return not passed


if __name__ == "__main__":
    sys.exit(main())
