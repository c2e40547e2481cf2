"""Bundles of this server, verified by tools that know nothing of it: OpenSSF's model signing and securesystemslib."""

import json
import re

import pytest
from conftest import ROOT

FILES = {
    "MLmodel": b"flavors: {}\n",
    "code/uml\u00e4ut mit blank.py": b"print(1)\n",
    ".gitattributes": b"* binary\n",
    "data/z.bin": bytes(300_000),
    "data/Z.bin": b"",
}

CREATE = "gatehouse bundle create models:/{0}@production -o b.zip; gatehouse bundle keys --pem > key.pem"
UNPACK = "python -m zipfile -e b.zip r"
VERIFY = "cd r; model_signing verify key --signature model.sig --public_key ../key.pem model"


def test_the_documentation_runs(unique, register, sh, tmp_path):
    register(unique, FILES)
    text = (ROOT / "docs/bundles.md").read_text(encoding="utf-8").replace("models:/fraud", f"models:/{unique}")
    section = text[text.index("## Signed release bundles") : text.index("## ML-BOM\n")]
    scripts = re.findall(r"```(sh|python)\n(.*?)```", section, re.S)
    for language, script in scripts:
        if language == "python":
            (tmp_path / "script.py").write_text(script, encoding="utf-8")
        ended = sh(script if language == "sh" else "python script.py")
        assert ended.returncode == 0, script + ended.stdout + ended.stderr
    assert [language for language, _ in scripts] == ["sh", "sh", "python", "sh", "python", "sh"]
    kept = json.loads(sh(f"gatehouse attestations list models:/{unique}@production --json").stdout)
    assert [(one["key"], one["result"]) for one in kept] == [("ci", "PASSED")]


@pytest.fixture
def unpacked(unique, register, sh, tmp_path):
    register(unique, FILES)
    ended = sh(f"{CREATE.format(unique)}; {UNPACK}; {VERIFY}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return tmp_path / "r"


def test_a_changed_file_and_one_more_are_found(unpacked, sh):
    file = unpacked / "model/MLmodel"
    file.write_bytes(b"flavors: []\n")
    assert sh(VERIFY).returncode != 0
    file.write_bytes(FILES["MLmodel"])
    assert sh(VERIFY).returncode == 0
    (unpacked / "model/more.py").write_bytes(b"")
    assert sh(VERIFY).returncode != 0


def test_another_key_does_not_verify(unpacked, sh):
    other = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout > key.pem"
    assert sh(other).returncode == 0
    assert sh(VERIFY).returncode != 0
    ended = sh("gatehouse bundle verify b.zip --key key.pem")
    assert ended.returncode == 1
    assert "none of those given" in ended.stdout


def test_every_statement_holds_for_securesystemslib(unpacked):
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(load_pem_public_key((unpacked / "key.pem").read_bytes()))
    key.keyid = ""
    for path in ["model.sig", *(unpacked / "attestations").iterdir()]:
        bundle = json.loads((unpacked / path).read_text())
        envelope = Envelope.from_dict(bundle["dsseEnvelope"])
        envelope.verify([key], 1)
        envelope.payload += b" "
        with pytest.raises(VerificationError):
            envelope.verify([key], 1)


def test_a_zip_that_was_packed_anew_verifies(unpacked, sh):
    ended = sh("cd r; python -m zipfile -c ../again.zip *; cd ..; gatehouse bundle verify again.zip --key key.pem")
    assert ended.returncode == 0, ended.stdout + ended.stderr
