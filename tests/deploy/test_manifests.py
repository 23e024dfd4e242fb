"""The rendered manifests: known to Kubernetes, safe, and right about what the roles read and do."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.heartbeat import HealthServer, Heartbeat
from api.metrics import WorkerMetrics
from api.routes import health
from deploy.image import healthy
from nlu.settings.department_variables import department_variables
from nlu.settings.environment import read_settings
from nlu.settings.process import variable
from nlu.settings.settings import PROCESSES, ProcessSettings
from nlu.storage.keys import new_key
from tests.deploy.manifests import (
    FOLDER,
    OVERLAYS,
    ROOT,
    Manifest,
    config_map,
    containers,
    faults,
    name,
    of_kind,
    pods,
    rendered,
    secret_files,
    secrets,
    seva,
)

README = (ROOT / "deploy" / "README.md").read_text("utf-8")
ROLES = ("serve", "worker-text", "worker-voice", "shadow", "actions", "documents", "console")
PORTS = {
    "serve": {"http": "serve_port"},
    "worker-text": {"inside": "worker_metrics_port"},
    "worker-voice": {"inside": "worker_metrics_port"},
    "shadow": {"inside": "shadow_metrics_port"},
    "actions": {"callbacks": "callbacks_port", "metrics": "actions_metrics_port"},
    "documents": {"http": "documents_port"},
    "console": {"http": "console_port"},
}
"""Component: port's name -> the setting whose default it is."""
JOBS = {"seva-backup": "backup make [OPTIONS] {TARGET}", "seva-purge": "inbox purge [OPTIONS]"}
"""CronJob: the command that its words are."""
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def test_there_are_overlays() -> None:
    assert OVERLAYS == ["small", "state"]


@each_overlay
def test_kubernetes_knows_all_of_it(overlay: str) -> None:
    assert [fault for one in rendered(overlay) for fault in faults(one)] == []


@pytest.mark.parametrize(
    "kind, path, value",
    [
        ("Deployment", ("spec", "template", "spec", "readOnlyRoot"), True),
        ("Deployment", ("spec", "template", "spec", "terminationGracePeriodSeconds"), "40s"),
        ("HorizontalPodAutoscaler", ("spec", "maxReplica"), 3),
        ("Cluster", ("spec", "postgresql", "synchronous", "dataDurable"), "required"),
    ],
)
def test_a_wrong_key_or_value_is_found(kind: str, path: tuple[str, ...], value: Any) -> None:
    """The check itself can fail, also for what only the operators know."""
    broken: Any = copy.deepcopy(of_kind("state", kind)[0])
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    (fault,) = faults(broken)
    assert path[-1] in fault


@each_overlay
def test_images_have_a_version(overlay: str) -> None:
    images = {box["image"] for pod in pods(overlay).values() for box in containers(pod)}
    images |= {one["spec"]["imageName"] for one in of_kind(overlay, "Cluster")}
    assert len(images) == 3
    for image in images:
        host, _, tag = image.rpartition(":")
        assert re.fullmatch(r"[\w.-]+\.[\w.-]+(/[\w.-]+)+", host) and tag[0].isdigit(), image


@each_overlay
def test_pods_may_do_nothing_that_they_need_not(overlay: str) -> None:
    for component, pod in pods(overlay).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, component
        assert spec["securityContext"] | {"fsGroupChangePolicy": ""} == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "fsGroupChangePolicy": "",
            "seccompProfile": {"type": "RuntimeDefault"},
        }, component
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        for box in containers(pod):
            assert box["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, (component, box["name"])
            assert box["resources"]["requests"].keys() == {"cpu", "memory"}, component
            assert "memory" in box["resources"]["limits"], component
        models = [m for m in seva(pod)["volumeMounts"] if m["name"] == "models"]
        assert all(m.get("readOnly") or component == "tools" for m in models)


@each_overlay
def test_no_service_sets_a_variable(overlay: str) -> None:
    """Kubernetes would give every pod SEVA_SERVE_PORT=tcp://... for a Service seva-serve."""
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in pods(overlay).values())


def environment(overlay: str, component: str, folder: Path) -> dict[str, str]:
    """What a container finds, with secrets that are nobody's and folders of this machine."""
    pod = pods(overlay)[component]
    found = config_map(overlay, "seva-settings")
    found |= {one["name"]: one["value"] for one in seva(pod).get("env", ())}
    mounted = secret_files(pod)
    given = {file for file in mounted if file.startswith("SEVA_")}
    if ("seva-departments", "*") in mounted.values():
        of_data = department_variables(ROOT / "data")
        given |= {one.name for one in of_data if one.kind in ("address", "secret")}
    found |= {name: _secret(name) for name in given}
    keys = folder / "api-keys.yml"
    keys.write_text(f"- name: somebody\n  sha256: {'6a' * 32}\n  scopes: [parse]\n", "utf-8")
    assert ("api-keys.yml" in mounted) is (component == "serve")
    return found | {
        "SEVA_VAR_DIR": str(folder / "var"),
        "SEVA_MODELS_DIR": str(folder / "models"),
        "SEVA_API_KEYS_FILE": str(keys),
    }


def _secret(name: str) -> str:
    if name.endswith("SEALING_KEY") or name == "SEVA_HASHING_KEY":
        return new_key()
    if name == "SEVA_DATABASE_URL":
        return "postgresql://seva:secret@seva-pooler/seva"
    return "https://department.example.in" if name.endswith("_URL") else "s3cret-of-nobody-at-all"


def kind_of(component: str) -> type[ProcessSettings]:
    """The settings that a component reads."""
    return next(kind for role, kind in PROCESSES.items() if component.startswith(role))


@pytest.mark.parametrize("component", ROLES)
@each_overlay
def test_roles_start_in_production_with_what_they_get(
    overlay: str, component: str, tmp_path: Path
) -> None:
    """By the check that each makes at its start, which names every variable that is wrong."""
    found = environment(overlay, component, tmp_path)
    assert found["SEVA_ENV"] == "production"
    settings = read_settings(kind_of(component), found)
    only = component.partition("-")[2]
    assert getattr(settings, "worker_only", "") == only


@pytest.mark.parametrize("component", [*ROLES, "purge", "backup", "tools"])
@each_overlay
def test_names_exist_and_a_role_gets_only_the_secrets_that_it_reads(
    overlay: str, component: str
) -> None:
    known = {variable(field) for kind in PROCESSES.values() for field in kind.__fields__}
    pod = pods(overlay)[component]
    given = {file for file in secret_files(pod) if file.startswith("SEVA_")}
    named = {one["name"] for one in seva(pod).get("env", ())} | given
    assert (named | set(config_map(overlay, "seva-settings"))) - known == set()
    if component in ROLES:
        shared = {"SEVA_DATABASE_URL"}  # of the registry of documents
        assert given - {variable(f) for f in kind_of(component).__fields__} <= shared
    has_departments = "seva-departments" in {secret for secret, _ in secrets(pod)}
    assert has_departments is (component == "actions")


@each_overlay
def test_every_secret_is_explained(overlay: str) -> None:
    table = dict(re.findall(r"^\| `(seva-[\w-]+)` \| (.+?) \|", README, re.M))
    for component, pod in pods(overlay).items():
        for secret, key in secrets(pod):
            assert secret in table, (component, secret)
            assert key == "*" or f"`{key}`" in table[secret], (component, secret, key)
    others = {"seva-postgres-owner", "seva-archive", "seva-ingress-tls"}
    assert others <= set(table)
    assert not of_kind(overlay, "Secret"), "values of secrets are nowhere in the manifests"


@each_overlay
def test_ports_are_those_that_roles_listen_on(overlay: str) -> None:
    for component, ports in PORTS.items():
        fields = kind_of(component).__fields__
        wanted = {port: fields[field].default for port, field in ports.items()}
        listed = {
            one["name"]: one["containerPort"] for one in seva(pods(overlay)[component])["ports"]
        }
        assert listed == wanted, component
        for field in ports.values():
            host = variable(field).replace("PORT", "HOST")
            assert config_map(overlay, "seva-settings")[host] == "0.0.0.0", host


def test_probes_ask_what_is_answered() -> None:
    """`tests/deploy/test_compose.py` asks the roles themselves by `healthy`."""
    heart = HealthServer(Heartbeat(30), WorkerMetrics().registry, "127.0.0.1", 0)
    answered = {
        "serve": lambda path: path in {route.path for route in health.routes},
        "documents": lambda path: path == healthy.HTTP["documents"][2],
        "console": lambda path: path == healthy.HTTP["console"][2],
    }
    try:
        for component in ROLES:
            box = seva(pods("state")[component])
            ports = [one["name"] for one in box["ports"]]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if http := box[probe].get("httpGet"):
                    assert http["port"] in ports
                    if component in answered:
                        assert answered[component](http["path"]), (component, probe)
                    else:
                        asked = httpx.get(f"http://127.0.0.1:{heart.port}{http['path']}")
                        assert asked.json()["status"] == "ok", (component, probe)
                elif run := box[probe].get("exec"):
                    assert run["command"] == ["healthy", component] == ["healthy", "actions"]
                else:
                    assert box[probe]["tcpSocket"]["port"] in ports
                    assert probe == "livenessProbe", "it says nothing of readiness"
    finally:
        heart.close()


@each_overlay
def test_pods_have_the_time_that_they_take_to_stop(overlay: str) -> None:
    """docs/running.md: five seconds more than both settings together."""
    settings = config_map(overlay, "seva-settings")
    finish = float(settings["SEVA_SHUTDOWN_SECONDS"]) + 5
    drain = float(settings["SEVA_DRAIN_SECONDS"])
    grace = {
        component: pod["spec"].get("terminationGracePeriodSeconds", 30)
        for component, pod in pods(overlay).items()
    }
    assert grace["serve"] >= drain + finish
    assert min(grace["worker-text"], grace["worker-voice"]) >= finish
    ready = seva(pods(overlay)["serve"])["readinessProbe"]
    assert drain > ready["periodSeconds"] * ready["failureThreshold"]


@each_overlay
def test_workers_scale_by_a_metric_that_there_is(overlay: str) -> None:
    adapter = yaml.safe_load((FOLDER / "prometheus-adapter.yaml").read_text("utf-8"))
    served = {rule["name"]["as"]: rule["seriesQuery"] for rule in adapter["rules"]["external"]}
    documented = set(re.findall(r"^\| `(seva_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.M))
    by_lag = set()
    for one in of_kind(overlay, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]["name"]
        assert target in {
            deployment["metadata"]["name"] for deployment in of_kind(overlay, "Deployment")
        }
        assert one["spec"]["minReplicas"] <= one["spec"]["maxReplicas"]
        for metric in one["spec"]["metrics"]:
            if metric["type"] == "External":
                asked = metric["external"]["metric"]["name"]
                assert asked in documented and served[asked].startswith(asked + "{")
                by_lag.add(target)
    assert by_lag == {"seva-worker-text", "seva-worker-voice"}


@each_overlay
def test_each_role_has_a_budget_and_no_number_beside_its_autoscaler(overlay: str) -> None:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"] for one in of_kind(overlay, "HorizontalPodAutoscaler")
    }
    budgets = [one["spec"] for one in of_kind(overlay, "PodDisruptionBudget")]
    for one in of_kind(overlay, "Deployment"):
        labels = one["spec"]["selector"]
        assert [b["maxUnavailable"] for b in budgets if b["selector"] == labels] == [1], name(one)
        assert ("replicas" in one["spec"]) is (one["metadata"]["name"] not in scaled), name(one)
        spread = one["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert all(rule["labelSelector"] == labels for rule in spread) and len(spread) == 2


@each_overlay
def test_jobs_are_commands(overlay: str) -> None:
    """Each runs alone, ends some day, and goes away."""
    jobs = {one["metadata"]["name"]: one for one in of_kind(overlay, "CronJob")}
    assert list(jobs) == list(JOBS)
    for called, one in jobs.items():
        job = one["spec"]["jobTemplate"]["spec"]
        assert one["spec"]["concurrencyPolicy"] == "Forbid"
        assert job["activeDeadlineSeconds"] and job["ttlSecondsAfterFinished"]
        words = seva(job["template"])["args"]
        asked = [sys.executable, "-m", "nlu.cli", *words, "--help"]
        done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, (words, done.stderr)
        assert done.stdout.startswith(f"Usage: python -m nlu.cli {JOBS[called]}\n"), words


@each_overlay
def test_services_lead_to_pods(overlay: str) -> None:
    known = pods(overlay)
    services = {one["metadata"]["name"]: one["spec"] for one in of_kind(overlay, "Service")}
    for service, spec in services.items():
        (component,) = spec["selector"].values()
        ports = {p["name"] for box in containers(known[component]) for p in box.get("ports", ())}
        assert {port["targetPort"] for port in spec["ports"]} <= ports, service
    for ingress in of_kind(overlay, "Ingress"):
        for path in _paths(ingress):
            backend = path["backend"]["service"]
            assert backend["port"]["name"] in {
                port["name"] for port in services[backend["name"]]["ports"]
            }


def _paths(ingress: Manifest) -> list[Manifest]:
    return [path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]


def test_outside_reaches_three_paths_and_two_pages() -> None:
    (ingress,) = of_kind("state", "Ingress")
    assert sorted(
        (path["path"], path["backend"]["service"]["name"]) for path in _paths(ingress)
    ) == [
        ("/", "seva-console"),
        ("/", "seva-documents"),
        ("/callbacks", "seva-callbacks"),
        ("/v1", "seva-serve"),
        ("/webhooks/whatsapp", "seva-serve"),
    ]


def test_prometheus_asks_the_ports_that_there_are() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    alone = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    assert [j["job_name"] for j in jobs] == [j["job_name"] for j in alone["scrape_configs"]]
    for job in jobs:
        component, port = (rule["regex"] for rule in job["relabel_configs"][:2])
        asked = [pod for key, pod in pods("state").items() if re.fullmatch(component, key)]
        assert asked
        for pod in asked:
            listed = {p["containerPort"] for box in containers(pod) for p in box.get("ports", ())}
            assert int(port) in listed
