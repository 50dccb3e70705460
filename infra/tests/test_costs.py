"""docs/cost.md matches templates, prices and sizes, and every resource has a price."""

import pytest
import yaml
from aws_cloud import ROOT

from f1_infra import cost_tables, costs
from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS, Stack

TYPES = {one["Type"] for stack in STACKS for one in stack.document["Resources"].values()}


def test_each_type_of_resource_has_a_price_or_is_listed_as_free() -> None:
    known = costs.prices()
    assert set(known["resources"]) | set(known["free"]) == TYPES
    assert not set(known["resources"]) & set(known["free"])
    assert all(known["free"].values()), "free without a reason"


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    assert page == cost_tables.rewritten(page), "run make cost-docs"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_monthly_costs_are_within_the_budget_of_the_alert(name: str) -> None:
    text = (ROOT / "infra" / "environments" / f"{name}.yaml").read_text()
    budget = yaml.safe_load(text)["parameters"]["alarms"]["MonthlyBudgetUsd"]
    month = sum(cost.month for cost in costs.of_size(name))
    assert budget * 0.5 < month < budget * 0.8  # the first e-mail is sent at 80%


def bill(stack: str, **parameters: str) -> dict[str, float]:
    [chosen] = [one for one in STACKS if one.template == stack]
    usage = costs.sizes()["dev"]["usage"]
    found = costs.of_stack(chosen, parameters, usage, costs.prices())
    return {cost.what: round(cost.month, 2) for cost in found}


def test_conditions_decide_which_resources_are_counted() -> None:
    assert {"NatA", "NatB"} <= bill("network", NatGateways="each-zone").keys()
    assert "NatB" not in bill("network", NatGateways="one")
    assert bill("network", VpcId="vpc-1") == {}
    assert "Cache" not in bill("platform")
    assert bill("platform", CacheNodeType="cache.t4g.micro")["Cache"] == round(0.0141 * 730, 2)


def test_a_standby_doubles_the_database_and_its_storage() -> None:
    sized = {"DatabaseClass": "db.t4g.medium", "DatabaseStorageGb": "50"}
    secret = 0.40
    alone = bill("data", MultiAz="false", **sized)["Database"] - secret
    assert alone == pytest.approx(0.070 * 730 + 50 * 0.127)
    assert bill("data", MultiAz="true", **sized)["Database"] - secret == pytest.approx(2 * alone)
    own = bill("data", MultiAz="false", DBPasswordSecretArn="arn:aws:secretsmanager:x", **sized)
    assert own["Database"] == pytest.approx(alone)


def test_a_resource_without_a_price_has_a_hint() -> None:
    known = costs.prices()
    del known["resources"]["AWS::KMS::Key"]
    with pytest.raises(InfraError, match=r"data\.yaml: DataKey is a AWS::KMS::Key, .* Add it to"):
        list(costs.of_stack(Stack("data"), {}, costs.sizes()["dev"]["usage"], known))
    with pytest.raises(InfraError, match=r"`hours` has no price of db\.x2g\.large"):
        bill("data", DatabaseClass="db.x2g.large")
