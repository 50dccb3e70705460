"""`python -m f1_infra plan|up|down|render ENV`, as `make infra-plan` and its like run it."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from f1_infra import account as accounts
from f1_infra import changesets, diff, environment, release, render, teardown
from f1_infra.account import Account
from f1_infra.changesets import ChangeSet, MissingExport
from f1_infra.environment import Environment
from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS, Stack


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0, or 1 with a message on stderr."""
    chosen = _parser().parse_args(arguments)
    try:
        here = environment.load(chosen.environment, chosen.environments)
        connected = accounts.connect(here)
        chosen.run(chosen, here, connected)
    except InfraError as error:
        print(error, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. A change set that is executed goes on in AWS.", file=sys.stderr)
    else:
        return 0
    return 1


def plan(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Print the changes of `up`, and delete its change sets."""
    for stack in STACKS:
        try:
            change_set = _create(chosen, here, to, stack)
        except MissingExport:
            print(f"{stack.name(here.name)}: known once the stacks before it exist")
            continue
        if change_set is None:
            print(f"{stack.name(here.name)}: no changes")
            continue
        changesets.discard(to.cloudformation, change_set.stack, change_set.identifier)
        _show(change_set)


def up(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Create or update the stacks, each after a confirmation of its differences."""
    for stack in STACKS:
        change_set = _create(chosen, here, to, stack)
        if change_set is None:
            print(f"{stack.name(here.name)}: no changes")
            continue
        _show(change_set)
        try:
            _refuse_loss(change_set, chosen.replace)
            _confirm(chosen, here, "Execute this change set?")
        except InfraError:
            changesets.discard(to.cloudformation, change_set.stack, change_set.identifier)
            raise
        _execute(to, change_set)
        if stack.holds_data and change_set.new:
            to.cloudformation.update_termination_protection(
                StackName=change_set.stack, EnableTerminationProtection=True
            )
        print(f"{change_set.stack}: done")
    print(f"Next: make infra-render ENV={here.name}; infra/README.md goes on from there.")


def down(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Delete the environment; the stacks with data only if DATA=delete."""
    data = chosen.data == "delete"
    teardown.check(to, here, data=data)
    names = [stack.name(here.name) for stack in teardown.to_delete(data=data)]
    print("To be deleted: " + ", ".join(names))
    print("\n  ".join(["What stays:", *teardown.what_stays(here, data=data)]))
    _confirm(chosen, here, "Delete them?")
    for name in names:
        print(f"{name}: {'deleted' if teardown.delete(to, name) else 'was not there'}")


def write(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Write the rendered files into a folder."""
    for path in _render(chosen, here, to):
        print(path)


def check(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Check that the images of a tag exist and the release can be upgraded."""
    release.check_images(to.ecr, chosen.image_tag)
    release.Release(here).check()
    print(f"{chosen.image_tag} can be deployed to {here.name}.")


def deploy(chosen: argparse.Namespace, here: Environment, to: Account) -> None:
    """Upgrade the release to a tag; helm rolls it back by itself if it does not become ready."""
    release.check_tag(chosen.image_tag)
    _render(chosen, here, to)
    release.Release(here).upgrade(chosen.into)


def smoke(chosen: argparse.Namespace, here: Environment, to: Account) -> None:  # noqa: ARG001
    """Test the release from inside the cluster, and its address from here."""
    print(f"{release.Release(here).smoke(chosen.url)} answers.")


def rollback(chosen: argparse.Namespace, here: Environment, to: Account) -> None:  # noqa: ARG001
    """Return to the revision before the last `deploy` of this checkout."""
    print(release.Release(here).rollback(chosen.into))


def login(chosen: argparse.Namespace, here: Environment, to: Account) -> None:  # noqa: ARG001
    """Write ECR's credentials for crane and docker."""
    print(f"{release.log_in(to.ecr)} has the credentials.")


def _render(chosen: argparse.Namespace, here: Environment, to: Account) -> list[Path]:
    outputs: dict[str, str] = {}
    for stack in STACKS:
        outputs |= changesets.outputs(to.cloudformation, stack.name(here.name))
    if chosen.image_tag:
        outputs["ImageTag"] = chosen.image_tag
    known = render.values(here, outputs)
    rendered = {path.name: render.render(path, known) for path in render.TEMPLATES}
    chosen.into.mkdir(parents=True, exist_ok=True)
    for name, text in rendered.items():
        (chosen.into / name).write_text(text)
    return [chosen.into / name for name in rendered]


def _execute(to: Account, change_set: ChangeSet) -> None:
    try:
        changesets.execute(to.cloudformation, change_set)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise
        changesets.discard(to.cloudformation, change_set.stack, change_set.identifier)
        raise InfraError(
            f"{change_set.stack} has to change as shown above, and this identity may not do that. "
            "An administrator runs `make infra-up` first. Nothing was changed."
        ) from error


def _create(
    chosen: argparse.Namespace, here: Environment, to: Account, stack: Stack
) -> ChangeSet | None:
    given = dict(here.parameters.get(stack.template, {}))
    if stack.template == "platform" and chosen.image_tag:
        given["ImageTag"] = chosen.image_tag
    tags = {
        "project": "f1-telemetry-aggregator",
        "f1-environment": "shared" if stack.shared else here.name,
    }
    return changesets.create(to.cloudformation, stack, here.name, given, tags)


def _show(change_set: ChangeSet) -> None:
    print("\n".join(diff.lines(change_set)))


def _refuse_loss(change_set: ChangeSet, allowed: list[str]) -> None:
    lost = [name for name in diff.data_at_risk(change_set) if name not in allowed]
    if lost:
        raise InfraError(
            f"This change set removes or replaces resources with data: {', '.join(lost)}. Nothing "
            f"was changed. If you want that, run it again with REPLACE={','.join(lost)}."
        )


def _confirm(chosen: argparse.Namespace, here: Environment, question: str) -> None:
    answer = chosen.confirm
    if answer is None:
        if not sys.stdin.isatty():
            raise InfraError(f"No terminal to confirm at. Run it again with CONFIRM={here.name}.")
        answer = input(f"{question} Write {here.name} to go on: ").strip()
    if answer != here.name:
        raise InfraError(f"Not confirmed: {answer!r} is not {here.name!r}. Nothing was changed.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="f1_infra", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[..., None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__)
        added.set_defaults(run=run, image_tag=None)
        added.add_argument("environment")
        added.add_argument("--environments", type=Path, default=environment.FOLDER)
        return added

    for name, run in (("plan", plan), ("up", up)):
        command(name, run).add_argument("--image-tag")
    down_command = command("down", down)
    down_command.add_argument("--data", choices=["keep", "delete"], default="keep")
    for one in (commands.choices["up"], down_command):
        one.add_argument("--confirm")
    commands.choices["up"].add_argument(
        "--replace", type=lambda text: text.split(","), default=[], metavar="NAME,NAME"
    )
    for name, run in (
        ("render", write),
        ("check", check),
        ("deploy", deploy),
        ("smoke", smoke),
        ("rollback", rollback),
        ("login", login),
    ):
        added = command(name, run)
        added.add_argument("--into", type=Path, required=True)
        added.add_argument("--image-tag", required=name in ("check", "deploy"))
        added.add_argument("--url")
    return parser
