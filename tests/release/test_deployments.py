"""Dockerfile, compose files, manifests, workflows, hooks: as their tools want them, and agreeing."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from secrets import token_bytes
from typing import Any

import kubernetes_validate
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for
from ruamel.yaml import YAML

from bot.receiving import connection_models
from bot.settings import load
from tests.commands.place import REPO

from .conftest import tool

COMPOSE = ("compose.yaml", "compose.postgres.yaml")
KUBERNETES = "1.37"
MANIFEST = "kubernetes/payrunbot.yaml"
USER = "10001"
SERVER = "postgresql://bot:secret@db/bot"


def read(name: str) -> Any:
    return YAML(typ="safe").load(REPO / name)


def manifests() -> dict[str, Any]:
    return {one["kind"]: one for one in YAML(typ="safe").load_all(REPO / MANIFEST)}


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    assert tool("hadolint", "Dockerfile") == ""


@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.compose-spec", name) for name in COMPOSE]
    + [("vendor.github-workflows", f".github/workflows/{name}.yml") for name in ("ci", "release")],
)
def test_a_file_is_as_its_schema_says(schema: str, name: str) -> None:
    rules = get_builtin_schema(schema)

    wrong = validator_for(rules)(rules).iter_errors(read(name))
    assert [error.message for error in wrong] == []


def test_manifests_are_as_kubernetes_says() -> None:
    for one in YAML(typ="safe").load_all(REPO / MANIFEST):
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_hooks_are_as_pre_commit_says_and_run_what_is_there() -> None:
    tool("pre-commit", "validate-config", ".pre-commit-config.yaml")

    (ours,) = read(".pre-commit-config.yaml")["repos"]
    assert ours["repo"] == "local"
    for hook in ours["hooks"]:
        assert hook["language"] == "system", "anything else is fetched"
        assert (REPO / hook["entry"].split()[0]).exists()


@pytest.mark.parametrize("name", COMPOSE)
def test_every_replica_is_held_as_tightly_as_it_runs_here(name: str) -> None:
    ours = {name: one for name, one in read(name)["services"].items() if name.startswith("bot")}

    assert ours
    for one in ours.values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in one, "the image's own"
        assert int(one["stop_grace_period"].removesuffix("s")) > 25
        written = [volume for volume in one["volumes"] if not volume.endswith(":ro")]
        assert [volume.split(":")[1] for volume in written] == ["/data"]


def test_replicas_in_compose_share_no_volume() -> None:
    services = read("compose.postgres.yaml")["services"]
    volumes = [services[name]["volumes"][0].split(":")[0] for name in ("bot-1", "bot-2")]

    assert len(set(volumes)) == len(volumes)


def test_the_database_in_compose_is_reached_from_inside_alone() -> None:
    file = read("compose.postgres.yaml")

    assert file["services"]["db"]["networks"] == ["inside"]
    assert file["networks"]["inside"] == {"internal": True}
    assert "ports" not in file["services"]["db"]


def test_pods_are_held_as_tightly_as_it_runs_here() -> None:
    pod = manifests()["StatefulSet"]["spec"]["template"]["spec"]
    (one,) = pod["containers"]

    assert str(pod["securityContext"]["runAsUser"]) == USER
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["terminationGracePeriodSeconds"] > 25
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    paths = {
        name: one[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe", "startupProbe")
    }
    assert paths == {"readinessProbe": "/readyz", "livenessProbe": "/healthz", "startupProbe": "/healthz"}
    written = [mount["mountPath"] for mount in one["volumeMounts"] if not mount.get("readOnly")]
    assert written == ["/data", "/tmp"]


def test_nothing_is_mounted_into_what_cannot_be_written() -> None:
    (one,) = manifests()["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    paths = [Path(mount["mountPath"]) for mount in one["volumeMounts"]]

    assert [path for path in paths if set(path.parents) & set(paths)] == []


def test_one_label_binds_pods_service_policy_and_budget() -> None:
    kinds = manifests()
    (label,) = kinds["StatefulSet"]["spec"]["template"]["metadata"]["labels"].items()
    asked = (
        kinds["StatefulSet"]["spec"]["selector"]["matchLabels"],
        kinds["Service"]["spec"]["selector"],
        kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        kinds["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    )

    assert [dict([label])] * 4 == list(asked)
    assert kinds["PodDisruptionBudget"]["spec"]["minAvailable"] < kinds["StatefulSet"]["spec"]["replicas"]


@pytest.mark.parametrize("name", ["bot.yaml", "bot.postgres.yaml"])
def test_the_settings_beside_them_are_read_and_every_secret_is_a_file(tmp_path: Path, name: str) -> None:
    text = (REPO / "deploy" / name).read_text()
    secrets = sorted(set(re.findall(r"file:/run/secrets/(\w+)", text)))
    for secret in secrets:
        key = urlsafe_b64encode(token_bytes(32)).decode()
        (tmp_path / secret).write_text(SERVER if secret == "database_url" else key)
    text = text.replace("file:/run/secrets", f"file:{tmp_path}").replace("rules/", f"{REPO}/rules/")
    (tmp_path / "bot.yaml").write_text(text)

    settings = load(tmp_path / "bot.yaml", {}, connection_models())

    assert "env:" not in text
    assert settings.http.listen == "0.0.0.0:8080"
    assert "database_url" in secrets or settings.database.endswith(":////data/bot.db")
    assert ("database_url" in secrets) == (settings.audit_head == Path("/data/audit.head"))


def test_no_digest_is_made_up() -> None:
    """The release resolves them; who deploys writes the one that it says."""
    for name in ("Dockerfile", MANIFEST, *COMPOSE):
        assert not re.search(r"sha256:[0-9a-f]{6,}", (REPO / name).read_text())


def test_the_image_and_its_deployments_name_the_same_user() -> None:
    texts = [
        (REPO / name).read_text() for name in ("Dockerfile", "image/root.py", "tests/release/confined.py")
    ]

    assert all(USER in text for text in texts)
