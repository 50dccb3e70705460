"""The monthly costs of an environment, from the resources of the templates and their prices.

Prices and sizes are data: infra/costs. Amounts are in USD, of a month of 730 hours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from f1_infra import environment
from f1_infra.errors import InfraError
from f1_infra.stacks import STACKS, Stack

FOLDER = Path(__file__).parents[1] / "costs"
CLUSTER = FOLDER.parent / "eksctl" / "cluster.yaml"
NODE_GROUPS = ("arm64", "amd64", "e2e")


@dataclass(frozen=True)
class Cost:
    """One line of a bill: its subject, its stack or the cluster, and its monthly costs."""

    group: str
    stack: str
    what: str
    month: float


def prices() -> Any:
    """infra/costs/prices.yaml."""
    return yaml.safe_load((FOLDER / "prices.yaml").read_text())


def sizes() -> Any:
    """infra/costs/sizes.yaml."""
    return yaml.safe_load((FOLDER / "sizes.yaml").read_text())


def of_size(name: str) -> list[Cost]:
    """Every cost of a size of sizes.yaml.

    Raises:
        InfraError: a type of resource has no price, or an instance type has none.
    """
    size, known = sizes()[name], prices()
    # Not environment.load, which refuses a file without an account.
    here = yaml.safe_load((environment.FOLDER / f"{size['environment']}.yaml").read_text())
    changed = size.get("cluster", {})
    groups = {name: {**here["cluster"][name], **changed.get(name, {})} for name in NODE_GROUPS}
    found = [
        cost
        for stack in STACKS
        for cost in of_stack(
            stack,
            {
                **(here["parameters"].get(stack.template) or {}),
                **size.get("parameters", {}).get(stack.template, {}),
            },
            size["usage"],
            known,
        )
    ]
    return [*found, *_of_cluster(groups, size["usage"], known)]


def of_stack(
    stack: Stack, given: Mapping[str, Any], usage: Mapping[str, float], known: Any
) -> Iterator[Cost]:
    """The costs of a stack with these parameters."""
    document = stack.document
    template = _Template(document, given)
    shared: set[str] = set()  # usage is counted once for the environment, not for each bucket
    for name, resource in document["Resources"].items():
        kind = resource["Type"]
        if kind in known["free"] or not template.exists(resource):
            continue
        if kind not in known["resources"]:
            raise InfraError(
                f"{stack.template}.yaml: {name} is a {kind}, of which infra/costs/prices.yaml has "
                "no price. Add it to `resources`, or to `free` with the reason."
            )
        price = known["resources"][kind]
        month = price.get("month", 0.0) + price.get("hour", 0.0) * known["hours_a_month"]
        month += _by_property(template, resource.get("Properties", {}), price, known)
        if kind not in shared:
            month += sum(usage[unit] * each for unit, each in price.get("usage", {}).items())
        shared.add(kind)
        yield Cost(price["group"], stack.template, name, month)


def _by_property(template: "_Template", has: Any, price: Any, known: Any) -> float:
    """Costs that depend on properties: class, standby, storage, a password in Secrets Manager."""
    copies = 2 if str(template.value(has.get("MultiAZ"))) == "true" else 1
    month = 0.0
    if "hour_by" in price:
        kind = template.value(has[price["hour_by"]])
        month += _hour(known, kind) * known["hours_a_month"] * copies
    if "gb_by" in price:
        month += float(template.value(has[price["gb_by"]])) * price["gb"] * copies
    if template.value(has.get("ManageMasterUserPassword")) is True:
        month += price["secret"]
    return month


def _of_cluster(groups: Mapping[str, Any], usage: Any, known: Any) -> Iterator[Cost]:
    """Costs of infra/eksctl/cluster.yaml, of the Ingress, and of traffic."""
    price, hours = known["cluster"], known["hours_a_month"]
    yield Cost("Control plane", "cluster", "EKS", price["control_plane_hour"] * hours)
    text = CLUSTER.read_text()
    for name, group in groups.items():
        [disk_gb] = re.findall(rf"name: {name}\b.*?volumeSize: (\d+)", text, re.DOTALL)[:1]
        kind, count = group["instance_type"], group["min"]
        month = count * _hour(known, kind) * hours
        yield Cost("Nodes", "cluster", f"{count} x {kind}", month)
        month = count * int(disk_gb) * price["node_disk_gb_month"]
        yield Cost("Nodes", "cluster", f"{count} x {disk_gb} GB", month)
    addresses = 2 * price["public_address_hour"]  # one in each zone
    units = usage["load_balancer_units"] * price["load_balancer_unit_hour"]
    balancer = (price["load_balancer_hour"] + addresses + units) * hours
    yield Cost("Load balancer", "cluster", "ALB", balancer)
    yield Cost("Logs and alarms", "cluster", "logs", usage["log_gb"] * price["log_gb"])
    yield Cost("Traffic", "cluster", "through NAT", usage["nat_gb"] * price["nat_gb"])
    yield Cost("Traffic", "cluster", "to the internet", usage["out_gb"] * price["out_gb"])


def _hour(known: Any, kind: str) -> float:
    if kind not in known["hours"]:
        raise InfraError(f"infra/costs/prices.yaml: `hours` has no price of {kind}. Add it.")
    return float(known["hours"][kind])


class _Template:
    """Values and conditions of a template with the parameters of an environment."""

    def __init__(self, document: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        defaults = document.get("Parameters", {}).items()
        self._parameters = {name: one.get("Default") for name, one in defaults} | dict(given)
        self._conditions = document.get("Conditions", {})

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource is created."""
        return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})

    def value(self, written: Any) -> Any:
        """The value of a property that only depends on parameters."""
        if not isinstance(written, dict) or len(written) != 1:
            return written
        [(function, argument)] = written.items()
        if function == "Ref":
            return self._parameters.get(argument, written)
        if function == "Fn::If":
            name, yes, no = argument
            return self.value(yes if self._holds({"Condition": name}) else no)
        return written

    def _holds(self, written: Mapping[str, Any]) -> bool:
        [(function, argument)] = written.items()
        if function == "Condition":
            return self._holds(self._conditions[argument])
        if function == "Fn::Equals":
            left, right = (str(self.value(side)) for side in argument)
            return left == right
        parts = [self._holds(part) for part in argument]
        return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[function]
