"""Who may connect to whom in the cluster, by the rendered NetworkPolicies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.deploy.manifests import OVERLAYS, of_kind, pods

INGRESS, PROMETHEUS, DNS = "ingress-nginx", "monitoring", "kube-system"
INTERNET, POSTGRES, POOLER = "internet", "seva-postgres", "seva-pooler"
OUTSIDE = (INGRESS, PROMETHEUS, DNS, INTERNET)
LABELS: Mapping[str, Mapping[str, str]] = {
    POSTGRES: {"cnpg.io/cluster": POSTGRES},
    POOLER: {"cnpg.io/poolerName": POOLER},
    DNS: {"k8s-app": "kube-dns"},
}
"""Of pods that are not ours."""
WANTED = {
    (INGRESS, "serve", 8780),
    (INGRESS, "actions", 5056),
    (INGRESS, "documents", 8795),
    (INGRESS, "console", 8792),
    (PROMETHEUS, "serve", 9783),
    (PROMETHEUS, "worker-text", 8781),
    (PROMETHEUS, "worker-voice", 8781),
    (PROMETHEUS, "shadow", 8786),
    (PROMETHEUS, "actions", 8782),
    ("worker-text", "actions", 8443),
    ("worker-voice", "actions", 8443),
    ("console", "actions", 8443),
    ("actions", "serve", 8443),
    ("worker-text", INTERNET, 443),
    ("worker-voice", INTERNET, 443),
    ("actions", INTERNET, 443),
    ("documents", INTERNET, 443),
}
CLIENTS = (
    "serve",
    "worker-text",
    "worker-voice",
    "shadow",
    "actions",
    "documents",
    "console",
    "purge",
    "tools",
)
"""Who reaches the database through the pooler; `backup` needs a connection of its own."""
PORTS = (53, 80, 443, 5055, 5056, 5432, 8443, 8780, 8781, 8782, 8783, 8784, 8786, 8792, 8795, 9783)


def _selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    rules = selector.get("matchExpressions", ())
    assert all(rule["operator"] == "In" for rule in rules)
    return all(labels.get(rule["key"]) in rule["values"] for rule in rules)


def _is_peer(peer: Mapping[str, Any], who: str, labels: Mapping[str, str]) -> bool:
    if "ipBlock" in peer:
        assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
        return who == INTERNET
    if "namespaceSelector" in peer:
        at = {"kubernetes.io/metadata.name": who}
        its_own = "podSelector" not in peer or _selects(peer["podSelector"], labels)
        return _selects(peer["namespaceSelector"], at) and its_own
    return who not in OUTSIDE and _selects(peer["podSelector"], labels)


class Cluster:
    """The policies of an overlay, and the labels of everybody in it."""

    def __init__(self, overlay: str) -> None:
        self.policies = [one["spec"] for one in of_kind(overlay, "NetworkPolicy")]
        self.labels = {
            **{who: pod["metadata"]["labels"] for who, pod in pods(overlay).items()},
            **LABELS,
        }

    def _opens(self, way: str, end: str, whom: str, who: str, port: int) -> bool:
        """Whether some policy of `whom` lets `who` in, or out to it."""
        if whom in OUTSIDE:
            return True  # not ours to say
        for spec in self.policies:
            if way.title() not in spec["policyTypes"]:
                continue
            if not _selects(spec["podSelector"], self.labels[whom]):
                continue
            for rule in spec.get(way, ()):
                ports = [one["port"] for one in rule.get("ports", ())]
                peers = rule.get(end)
                known = peers is None or any(
                    _is_peer(peer, who, self.labels.get(who, {})) for peer in peers
                )
                if known and (not ports or port in ports):
                    return True
        return False

    def connects(self, who: str, whom: str, port: int) -> bool:
        """Whether a connection is made: it must be let out, and in."""
        out = self._opens("egress", "to", who, whom, port)
        return out and self._opens("ingress", "from", whom, who, port)

    def all(self) -> Iterator[tuple[str, str, int]]:
        """Every connection that is made to a port of ours, or leaves us."""
        for who in (*self.labels, *OUTSIDE):
            for whom in (*self.labels, INTERNET):
                if who in OUTSIDE and whom in OUTSIDE:
                    continue
                if {who, whom} & {POSTGRES, POOLER}:
                    continue
                for port in PORTS:
                    if self.connects(who, whom, port):
                        yield who, whom, port


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_needed_connects_and_nothing_else(overlay: str) -> None:
    found = {connection for connection in Cluster(overlay).all() if connection[2] != 53}
    assert found == WANTED


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_database_is_reached_by_those_who_keep_state(overlay: str) -> None:
    cluster = Cluster(overlay)
    everybody = [*cluster.labels, INGRESS, PROMETHEUS]
    assert {who for who in everybody if cluster.connects(who, POOLER, 5432)} == set(CLIENTS)
    direct = {who for who in everybody if cluster.connects(who, POSTGRES, 5432)}
    assert direct == {*CLIENTS, "backup", POSTGRES, POOLER}
    assert all(cluster.connects(who, DNS, 53) for who in (*CLIENTS, POSTGRES, POOLER))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_under_the_policy_that_says_nobody(overlay: str) -> None:
    (nobody,) = (
        spec
        for spec in Cluster(overlay).policies
        if spec["podSelector"] == {} and "egress" not in spec
    )
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
