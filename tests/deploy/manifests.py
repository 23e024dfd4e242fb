"""The manifests of Kubernetes as `kustomize build` renders them, and their schemas."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = sorted(path.name for path in (FOLDER / "overlays").iterdir())
KUBERNETES = "1.34"
"""The version whose schemas are asked. Sidecars that end last need 1.29 or newer."""
LABEL = "app.kubernetes.io/component"
Manifest = Mapping[str, Any]
_OTHERS = Path(__file__).parent / "custom_resources.yml"


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """Everything that an overlay gives, and the pod to work in."""
    done = subprocess.run(
        ["kustomize", "build", FOLDER / "overlays" / overlay],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    tools = (FOLDER / "tools.yaml").read_text("utf-8")
    return tuple(one for text in (done.stdout, tools) for one in yaml.safe_load_all(text) if one)


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    """Those of some kinds."""
    return [one for one in rendered(overlay) if one["kind"] in kinds]


def name(manifest: Manifest) -> str:
    """Kind and name, for messages."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def pods(overlay: str) -> dict[str, Manifest]:
    """The pod templates by component."""
    found = {}
    for one in rendered(overlay):
        template: Any = {"metadata": one["metadata"], "spec": one.get("spec")}
        if one["kind"] == "Deployment":
            template = one["spec"]["template"]
        elif one["kind"] == "CronJob":
            template = one["spec"]["jobTemplate"]["spec"]["template"]
        elif one["kind"] != "Pod":
            continue
        found[template["metadata"]["labels"][LABEL]] = template
    return found


def containers(pod: Manifest) -> list[Manifest]:
    """All of a pod, those that start first too."""
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def seva(pod: Manifest) -> Manifest:
    """The container that runs Seva."""
    (found,) = (one for one in containers(pod) if one["name"] == "seva")
    return found


def config_map(overlay: str, start: str) -> dict[str, str]:
    """The content of the map that kustomize gave a name that begins so."""
    (found,) = (
        one for one in of_kind(overlay, "ConfigMap") if one["metadata"]["name"].startswith(start)
    )
    return dict(found["data"])


def secret_files(pod: Manifest) -> dict[str, tuple[str, str]]:
    """What lies in /run/secrets: file -> secret and key. A secret that is there as a whole has the
    file `*`."""
    found = {}
    for volume in pod["spec"].get("volumes", ()):
        for source in volume.get("projected", {}).get("sources", ()):
            secret = source["secret"]
            items = secret.get("items", [{"key": "*", "path": "*"}])
            found.update({item["path"]: (secret["name"], item["key"]) for item in items})
    return found


def secrets(pod: Manifest) -> Iterator[tuple[str, str]]:
    """Every secret that a pod refers to, with the key."""
    yield from secret_files(pod).values()
    for volume in pod["spec"].get("volumes", ()):
        if secret := volume.get("secret"):
            for item in secret.get("items", [{"key": "*"}]):
                yield secret["secretName"], item["key"]


def faults(manifest: Manifest) -> list[str]:
    """What of a manifest its schema does not know, or misses; keys that it does not know too."""
    schema, resolver = _schema(manifest["apiVersion"], manifest["kind"])
    validator = jsonschema.Draft7Validator(schema, resolver=resolver)
    return [
        f"{name(manifest)}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in validator.iter_errors(manifest)
    ]


@cache
def _schema(version: str, kind: str) -> tuple[Any, jsonschema.RefResolver]:
    group, _, number = version.rpartition("/")
    if group.count(".") and not group.endswith(".k8s.io"):
        schema = yaml.safe_load(_OTHERS.read_text("utf-8"))
        assert f"{version}/{kind}" in schema, f"no schema for {version}/{kind}"
        one = {"$ref": f"#/{version.replace('/', '~1')}~1{kind}"}
        return one, jsonschema.RefResolver("", {**schema, **one})
    folder = _schemas()
    short = f"{group.partition('.')[0]}-{number}" if group else number
    file = folder / f"{kind.lower()}-{short}.json"
    assert file.is_file(), f"Kubernetes {KUBERNETES} has no {version}/{kind}"
    schema = json.loads(file.read_text("utf-8"))
    return schema, jsonschema.RefResolver(
        file.as_uri(), schema, store={_definitions_uri(folder): _definitions(folder)}
    )


def _schemas() -> Path:
    """The package brings them; its code wants a newer jsonschema than Rasa allows, and sleeps."""
    package = find_spec("kubernetes_validate")
    assert package is not None and package.submodule_search_locations
    (folder,) = package.submodule_search_locations
    return Path(folder) / "kubernetes-json-schema" / f"v{KUBERNETES}.0-local-strict"


def _definitions_uri(folder: Path) -> str:
    return (folder / "_definitions.json").as_uri()


@cache
def _definitions(folder: Path) -> Any:
    return json.loads((folder / "_definitions.json").read_text("utf-8"))
