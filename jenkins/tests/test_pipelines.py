"""The steps of each pipeline in successful and failed builds."""

import re
from typing import Any

import pytest
from builds import JENKINS, PIPELINES, ROOT, Harness, Run, targets

PROD = {"F1_ENVIRONMENT": "prod"}
TAG = {"IMAGE_TAG": "v0.2.0"}
NAMES = sorted(path.stem for path in PIPELINES.glob("*.Jenkinsfile"))


def ends(step: str, how: str, **more: Any) -> dict[str, Any]:
    return {"step": step, "ends": how, **more}


# All pipelines.


def test_every_command_calls_make_targets_that_exist(build: Run) -> None:
    known = make_targets()
    assert "test" in known
    params: dict[str, dict[str, str]] = {"release": {"VERSION": "0.3.0"}}
    for name in NAMES:
        for outcomes in ([], [ends("make smoke", "fail")]):  # rollback only after a failure
            for event in build(
                name, branch="main", outcomes=outcomes, params=params.get(name, {})
            ).steps("sh"):
                called = targets(event["text"])
                assert called
                assert set(called) <= known, event["text"]


def make_targets() -> set[str]:
    """The targets of the Makefile and of included files."""
    text = (ROOT / "Makefile").read_text()
    included = re.findall(r"^include (\S+)", text, re.MULTILINE)
    text += "".join((ROOT / one).read_text() for one in included)
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", text, re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_a_time_limit(build: Run, name: str) -> None:
    env, params = {"deploy": (PROD, TAG), "release": ({}, {"VERSION": "0.3.0"})}.get(name, ({}, {}))
    steps = build(name, branch="main", env=env, params=params).steps("sh", "input")
    assert steps
    assert [step for step in steps if not step["minutes"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_builds_do_not_overlap_and_are_kept_in_limited_number(harness: Harness, name: str) -> None:
    model = harness({"pipeline": str(PIPELINES / f"{name}.Jenkinsfile"), "only": "model"})
    options = {one["name"] for one in model["options"]}
    assert {"disableConcurrentBuilds", "buildDiscarder", "timeout", "timestamps"} <= options


@pytest.mark.parametrize("name", NAMES)
def test_only_the_push_of_a_release_uses_a_stored_credential(build: Run, name: str) -> None:
    """All other rights come from service accounts and Pod Identity."""
    params = {"VERSION": "0.3.0"} if name == "release" else {}
    for event in build(name, branch="main", params=params).steps("sh"):
        pushes = event["text"] == "make release-push"
        assert event["secrets"] == ({"GIT_ASKPASS": "f1-git"} if pushes else {})


# CI.


def test_ci_of_a_branch_runs_all_checks(build: Run) -> None:
    built = build("ci", branch="a-branch")
    assert built.result == "SUCCESS"
    assert built.commands() == [
        "make ci-lint",
        "make ci-charts REPORTS=reports",
        "make ci-test REPORTS=reports",
    ]
    assert built.stages["End to end"] == "skipped: when"
    assert "f1-e2e" not in [one["text"] for one in built.steps("agent")]


@pytest.mark.parametrize("request_of", [{"branch": "main"}, {"branch": "PR-7", "change": "7"}])
def test_ci_of_main_and_of_a_change_request_has_a_cluster(
    build: Run, request_of: dict[str, str]
) -> None:
    [event] = build("ci", **request_of).ran("ci-e2e")
    assert event["agent"] == "f1-e2e"


def test_a_failing_test_publishes_its_results_and_ends_the_build(build: Run) -> None:
    built = build("ci", branch="main", outcomes=[ends("make ci-test", "fail")], tests={"failed": 2})
    assert built.result == "FAILURE"
    [junit] = built.steps("junit")
    assert junit["text"] == "reports/*.xml"
    assert built.ran("ci-e2e") == built.ran("images-push") == []
    assert built.mails() == ["CI of main: FAILURE"]


@pytest.mark.parametrize("step", ["make ci-e2e", "make images-oci", "make sbom", "make scan"])
def test_no_image_is_pushed_after_a_failed_check(build: Run, step: str) -> None:
    built = build("ci", branch="main", outcomes=[ends(step, "fail")])
    assert built.result == "FAILURE"
    assert built.ran("images-push") == []


def test_images_of_main_are_pushed_with_the_commit_as_their_tag(build: Run) -> None:
    [event] = build("ci", branch="main").ran("images-push")
    assert event["agent"] == "f1-build"
    assert event["environment"]["VERSION"] == JENKINS["GIT_COMMIT"]
    assert event["environment"]["REGISTRY"] == JENKINS["IMAGE_REGISTRY"]
    for other in ({"branch": "a-branch"}, {"branch": "PR-7", "change": "7"}):
        assert build("ci", **other).ran("images-push") == []


def test_a_lint_error_ends_the_build_without_tests_and_reports(build: Run) -> None:
    built = build(
        "ci", branch="a", outcomes=[ends("make ci-lint", "fail")], tests={"missing": True}
    )
    assert built.result == "FAILURE"
    assert built.commands() == ["make ci-lint"]
    assert [one["text"] for one in built.steps("error")] == ["make ci-lint failed"]


def test_a_hanging_test_is_aborted(build: Run) -> None:
    built = build("ci", branch="main", outcomes=[ends("make ci-test", "hang")])
    assert built.result == "ABORTED"
    assert built.ran("ci-e2e") == []


def test_code_of_a_branch_runs_without_rights(build: Run) -> None:
    steps = build("ci", branch="a-branch").steps("sh")
    assert {step["agent"] for step in steps} == {"f1-test"}


# Deployment.


def test_a_deployment_to_dev_needs_no_approval(build: Run) -> None:
    built = build("deploy", params=TAG)
    assert built.result == "SUCCESS"
    assert built.commands() == [
        "make deploy-revision",
        "make deploy-check",
        "make infra-plan",
        "make deploy-revision",
        'CONFIRM="$ENV" IMAGE_TAG="" make infra-up',
        "make deploy",
        "make smoke",
        'CONFIRM="$ENV" make infra-up',
    ]
    assert built.steps("input") == []
    for event in built.steps("sh"):
        assert event["environment"]["ENV"] == "dev"
        assert event["environment"]["IMAGE_TAG"] == "v0.2.0"
    assert built.mails() == ["dev runs v0.2.0"]


def test_production_waits_for_an_approval_after_the_change_set_and_holds_no_agent(
    build: Run,
) -> None:
    built = build("deploy", env=PROD, params=TAG)
    order = [one["text"] for one in built.steps("sh", "input")]
    waits = built.steps("input")[0]
    assert order.index(waits["text"]) == 3
    assert order[2] == "make infra-plan"
    assert waits["submitter"] == "f1-approvers"
    assert waits["agent"] is None
    assert built.result == "SUCCESS"


def test_every_agent_of_a_deployment_checks_out_the_revision_first(build: Run) -> None:
    """A revision that is not on main ends the build before the approval and before any change."""
    built = build("deploy", env=PROD, params=TAG)
    first = dict[str, str]()
    for event in built.steps("sh", "input"):
        if event["step"] == "input":
            first.pop("f1-deploy")  # the agent after the approval is another pod
        else:
            assert first.setdefault(event["agent"], event["text"]) == "make deploy-revision"
    refused = build("deploy", params=TAG, outcomes=[ends("make deploy-revision", "fail")])
    assert refused.commands() == ["make deploy-revision"]


@pytest.mark.parametrize("how", ["abort", "hang"])
def test_without_the_approval_nothing_is_changed(build: Run, how: str) -> None:
    built = build("deploy", env=PROD, params=TAG, outcomes=[ends("input", how)])
    assert built.result == "ABORTED"
    assert built.commands() == ["make deploy-revision", "make deploy-check", "make infra-plan"]
    assert built.mails() == ["Deployment of v0.2.0 to prod: ABORTED"]


def test_an_unknown_environment_needs_an_approval_too(build: Run) -> None:
    assert build("deploy", env={"F1_ENVIRONMENT": "stage"}, params=TAG).steps("input")


@pytest.mark.parametrize("how", ["fail", "hang", "abort"])
def test_a_failed_smoke_test_rolls_back_and_records_no_tag(build: Run, how: str) -> None:
    built = build("deploy", params=TAG, outcomes=[ends("make smoke", how)])
    assert built.result == ("FAILURE" if how == "fail" else "ABORTED")
    assert built.commands()[-2:] == ["make smoke", "make rollback"]
    assert built.stages["Record the tag"] == "skipped: earlier failure"
    [mail] = built.mails()
    assert mail.startswith("Deployment of v0.2.0 to dev: ")


def test_a_release_that_helm_rolled_back_is_not_rolled_back_twice(build: Run) -> None:
    built = build("deploy", params=TAG, outcomes=[ends("make deploy", "fail", times=1)])
    # The first command that contains it is deploy-revision; the build ends there.
    assert built.commands() == ["make deploy-revision"]
    only = [{"step": "make deploy", "ends": "fail", "exactly": True}]
    built = build("deploy", params=TAG, outcomes=only)
    assert built.commands()[-1] == "make deploy"
    assert built.result == "FAILURE"


def test_a_release_that_was_interrupted_is_rolled_back(build: Run) -> None:
    only = [{"step": "make deploy", "ends": "abort", "exactly": True}]
    built = build("deploy", params=TAG, outcomes=only)
    assert built.commands()[-2:] == ["make deploy", "make rollback"]
    assert built.result == "ABORTED"


def test_differences_of_the_infrastructure_end_the_build_before_the_release(build: Run) -> None:
    built = build("deploy", params=TAG, outcomes=[ends("make infra-up", "fail")])
    assert built.ran("deploy") == built.ran("rollback") == []


# The scheduled ingest.


def test_ingest_runs_every_five_minutes(harness: Harness, build: Run) -> None:
    model = harness({"pipeline": str(PIPELINES / "ingest-cron.Jenkinsfile"), "only": "model"})
    assert model["triggers"] == [{"name": "cron", "given": ["H/5 * * * *"]}]
    built = build("ingest-cron", cause="TimerTrigger")
    assert built.commands() == ["make ingest-run"]
    [event] = built.steps("sh")
    assert (event["environment"]["CRONJOB"], event["agent"]) == ("f1-poll", "f1-ingest")


def test_the_first_failed_ingest_of_an_outage_and_its_end_are_reported(build: Run) -> None:
    failing = {"outcomes": [ends("make ingest-run", "fail")]}
    first = build("ingest-cron", **failing)
    assert (first.result, first.mails()) == ("FAILURE", ["Scheduled ingest: FAILURE"])
    later = build("ingest-cron", **failing, previous="FAILURE")
    assert (later.result, later.mails()) == ("FAILURE", [])
    over = build("ingest-cron", previous="FAILURE")
    assert (over.result, over.mails()) == ("SUCCESS", ["Scheduled ingest works again"])


def test_a_hanging_ingest_is_aborted_soon(build: Run) -> None:
    built = build("ingest-cron", outcomes=[ends("make ingest-run", "hang")])
    assert (built.result, built.mails()) == ("ABORTED", ["Scheduled ingest: ABORTED"])


# The game day.


def test_a_failed_game_day_also_publishes_its_report(build: Run) -> None:
    for outcomes, mails in (
        ([], []),
        ([ends("make gameday", "fail")], ["Game day: FAILURE"]),
    ):
        built = build("gameday", outcomes=outcomes)
        assert [one["text"] for one in built.steps("junit")] == ["reports/gameday.xml"]
        assert [one["text"] for one in built.steps("archiveArtifacts")] == ["docs/gamedays/**"]
        assert built.mails() == mails


# A release.


@pytest.mark.parametrize("version", ["", "v0.3.0", "0.3", "0.3.0; touch a", "$(shell touch a)"])
def test_an_invalid_version_is_refused_before_any_command(build: Run, version: str) -> None:
    built = build("release", params={"VERSION": version})
    assert built.result == "FAILURE"
    assert built.commands() == []


def test_a_release_is_scanned_first_and_its_tag_pushed_last(build: Run) -> None:
    built = build("release", params={"VERSION": "0.3.0"})
    order = [target for command in built.commands() for target in targets(command)]
    assert order == ["images-oci", "sbom", "scan", "registry-login", "release", "release-push"]
    for number, step in enumerate(order[:-1]):
        only = [{"step": f"make {step}", "ends": "fail", "exactly": True}]
        failed = build("release", params={"VERSION": "0.3.0"}, outcomes=only)
        assert failed.commands() == [f"make {one}" for one in order[: number + 1]]
        assert failed.mails() == ["Release 0.3.0: FAILURE"]


def test_a_release_has_the_author_of_its_commit_and_the_builder(build: Run) -> None:
    """A new agent has no git identity, but `make release` commits and tags."""
    [event] = build("release", params={"VERSION": "0.3.0"}).ran("release")
    assert event["agent"] == "f1-release", "the one agent whose role signs"
    given = event["environment"]
    for role in ("AUTHOR", "COMMITTER"):
        assert given[f"GIT_{role}_NAME"] == "Jenkins"
        assert given[f"GIT_{role}_EMAIL"] == JENKINS["F1_ALERT_EMAIL"]
    assert given["F1_BUILDER_ID"] == JENKINS["JOB_URL"]
    assert given["KEY"] == JENKINS["F1_SIGNING_KEY"]
