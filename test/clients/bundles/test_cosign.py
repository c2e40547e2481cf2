"""Statements of a bundle, verified by cosign, as docs/bundles.md says. It comes with Go alone: without it these are skipped."""

import base64
import json
import re
import shutil

import pytest
from conftest import ROOT, call

pytestmark = pytest.mark.skipif(shutil.which("cosign") is None, reason="there is no cosign on PATH")

RELEASE = "https://gatehouse.example/attestation/release/v1"
STATEMENT = "attestations/release.sigstore.json"


@pytest.fixture
def unpacked(unique, register, sh, tmp_path):
    accurate = {
        "name": "accurate",
        "type": "expression",
        "expression": "candidate.metrics.accuracy >= 0.9",
    }
    policy = {"applies_to": {"models": unique, "stage": "Production"}, "gates": [accurate]}
    call("PUT", f"/api/v1/policies/{unique}", policy)
    files = {"MLmodel": b"flavors: {}\n", "code/uml\u00e4ut mit blank.py": b"print(1)\n"}
    register(unique, files, {"accuracy": 0.97})
    script = (
        f"gatehouse bundle create models:/{unique}@production -o b.zip;"
        "gatehouse bundle keys --pem > key.pem; python -m zipfile -e b.zip r"
    )
    ended = sh(script)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return tmp_path / "r"


@pytest.fixture
def verify(unpacked, sh):
    """Run the documented commands in the unpacked bundle. @returns how they ended, about this statement and type"""
    text = (ROOT / "docs/bundles.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```bash\n([^`]*cosign verify-blob-attestation[^`]*)```", text)

    def run(path=STATEMENT, predicate=RELEASE):
        return sh(script.replace(STATEMENT, path).replace(RELEASE, predicate), unpacked)

    return run


def test_every_statement_about_the_manifest_holds(unpacked, unique, verify):
    statements = []
    for file in sorted((unpacked / "attestations").iterdir()):
        envelope = json.loads(file.read_text())["dsseEnvelope"]
        statements.append(json.loads(base64.b64decode(envelope["payload"])))
        ended = verify(f"attestations/{file.name}", statements[-1]["predicateType"])
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Verified OK" in ended.stdout + ended.stderr
    assert [one["predicateType"] for one in statements] == [
        "https://in-toto.io/attestation/test-result/v0.1",
        "https://slsa.dev/provenance/v1",
        RELEASE,
    ]
    [gates, _, release] = [one["predicate"] for one in statements]
    assert (gates["result"], gates["passedTests"]) == ("PASSED", [f"{unique}/accurate"])
    # That of the alias and that of the stage; the gates are those of the newest.
    judged = [(one["to"], [gate["status"] for gate in one["gates"]]) for one in release["promotions"]]
    assert judged == [({"alias": "production"}, ["passed"]), ({"stage": "Production"}, ["passed"])]
    assert gates["annotations"] == {"promotion": release["promotions"][0]["id"]}


def test_what_cosign_signed_is_an_attestation(unpacked, unique, sh, tmp_path, monkeypatch):
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    text = (ROOT / "docs/bundles.md").read_text(encoding="utf-8").replace("release/manifest", "r/manifest")
    [script] = re.findall(r"```bash\n([^`]*cosign attest-blob[^`]*)```", text)
    is_old = "GitVersion:    v2" in sh("cosign version").stdout
    made = (
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ci.key; openssl pkey -in ci.key -pubout"
        f" -out ci.pem; gatehouse trusted-keys set {unique} ci.pem"
    )
    sent = f"gatehouse attestations send models:/{unique}@production"
    parts = [made, script, f"{sent} test-result.json"]
    if is_old:
        # By itself, as cosign 2 writes a statement too; the key is there already.
        alone = script.split("\n", 1)[1].replace("--bundle test-result", "--output-signature alone")
        parts += [alone.replace("--signing-config no-log.json", "--tlog-upload=false"), f"{sent} alone.json"]
    for part in parts:
        ended = sh(part)
        assert ended.returncode == 0, part + ended.stdout + ended.stderr
    kept = json.loads(sh(f"gatehouse attestations list models:/{unique}@production --json").stdout)
    assert [(one["key"], one["result"]) for one in kept] == [(unique, "PASSED")]

    keyless = json.loads((tmp_path / "test-result.json").read_text())
    keyless["verificationMaterial"] = {"certificate": {"rawBytes": ""}}
    (tmp_path / "test-result.json").write_text(json.dumps(keyless))
    refused = sh(f"{sent} test-result.json")
    assert refused.returncode != 0 and "signed by a certificate" in refused.stdout + refused.stderr


def test_another_manifest_statement_type_or_key_is_refused(unpacked, verify, sh):
    assert verify(predicate="https://example.com/other").returncode != 0
    manifest = (unpacked / "manifest.json").read_bytes()
    (unpacked / "manifest.json").write_bytes(manifest + b"\n")
    assert verify().returncode != 0
    (unpacked / "manifest.json").write_bytes(manifest)

    bundle = json.loads((unpacked / STATEMENT).read_text())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    changed = base64.b64encode(payload.replace(b'"stage":"Production"', b'"stage":"Archived"')).decode()
    assert changed != bundle["dsseEnvelope"]["payload"]
    bundle["dsseEnvelope"]["payload"] = changed
    (unpacked / "attestations/changed.json").write_text(json.dumps(bundle))
    assert verify("attestations/changed.json").returncode != 0

    assert verify().returncode == 0
    other = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout > key.pem"
    assert sh(other).returncode == 0
    assert verify().returncode != 0
