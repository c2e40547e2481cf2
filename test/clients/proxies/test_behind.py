"""Behind nginx in its usual shapes: every URL that the server writes leads back through the proxy."""

import hashlib
import json
import os
import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException

PASSWORD = "a password of theirs"
SHAPES = json.loads(os.environ.get("GATEHOUSE_BEHIND", "{}"))


@pytest.fixture(params=["kept", "told", "root", "silent"])
def base(request):
    """Where clients reach the server through one of the proxies."""
    url = SHAPES[request.param]
    mlflow.set_tracking_uri(url)
    yield url


@pytest.fixture
def version(base, unique):
    """A version that needs a reviewer's sign-off for Production; the reviewer has the model's name."""
    call(base, "POST", "/api/2.0/mlflow/users/create", username=unique, password=PASSWORD)
    call(
        base,
        "PUT",
        f"/api/v1/policies/sign-off-{unique}",
        applies_to={"models": unique, "stage": "Production"},
        approvals={"required": 1, "from": [f"user:{unique}"]},
    )
    client = mlflow.MlflowClient()
    client.create_registered_model(unique)
    return client.create_model_version(unique, "s3://elsewhere/model")


def call(base, method, route, **body):
    """One call beside MLflow's client. It must succeed."""
    res = requests.request(method, base + route, json=body, auth=credentials(), timeout=30)
    assert res.status_code < 300, res.text
    return res.json()


def credentials():
    return os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]


class Browser(requests.Session):
    """Follows links and sends forms as a browser does, and never leaves `base`."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        parts = urlsplit(base)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        # Credentials of the environment's .netrc are none of a browser's.
        self.trust_env = False
        self.verify = os.environ["REQUESTS_CA_BUNDLE"]
        self.headers["Accept"] = "text/html"

    def open(self, url):
        return self.checked(self.get(url, timeout=30))

    def submit(self, page, fields):
        """Send the form of a page that has these fields, its hidden fields with it."""
        forms = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page.text, re.S)
        [(action, form)] = [
            one for one in forms if all(f'name="{field}"' in one[1] for field in fields)
        ]
        inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
        hidden = {name: unescape(value) for name, value in inputs}
        headers = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        url = urljoin(page.url, action)
        return self.checked(self.post(url, {**hidden, **fields}, headers=headers, timeout=30))

    def checked(self, page):
        for step in [*page.history, page]:
            assert step.url.startswith(self.base + "/"), step.url
        assert page.status_code == 200, page.text
        return page


def test_a_file_goes_up_and_down_in_parts(base, unique, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * 2**20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * 2**20))
    mlflow.set_experiment(unique)
    path = tmp_path / "large ü.bin"
    path.write_bytes(os.urandom(11 * 2**20))
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
        mlflow.log_artifact(str(path), "in parts")
    copy = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="in parts/large ü.bin", dst_path=tmp_path
    )
    with open(copy, "rb") as file:
        assert hashlib.sha256(file.read()).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_parts_have_urls_of_the_proxy(base):
    made = call(
        base, "POST", "/api/2.0/mlflow-artifacts/mpu/create/models", path="a.bin", num_parts=1
    )
    url = made["credentials"][0]["url"]
    assert url.startswith(f"{base}/api/v1/uploads/"), url


def test_who_follows_the_link_to_a_request_signs_in_and_finds_it(base, version):
    with pytest.raises(MlflowException) as refused:
        mlflow.MlflowClient().transition_model_version_stage(
            version.name, version.version, "Production"
        )
    link = re.search(r"Review it at (\S+)", str(refused.value))[1]
    assert link.startswith(f"{base}/promotions/"), link

    browser = Browser(base)
    form = browser.open(link)
    assert form.url.startswith(f"{base}/signin"), form.url
    page = browser.submit(form, {"username": version.name, "password": PASSWORD})
    assert page.url == link
    assert version.name in page.text
    files = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"#:]+)"', page.text)
    assert files
    for file in files:
        browser.open(urljoin(page.url, file))
    assert browser.cookies
    for cookie in browser.cookies:
        assert cookie.secure == base.startswith("https:")


def test_a_sign_off_on_the_page_counts(base, version):
    with pytest.raises(MlflowException) as refused:
        mlflow.MlflowClient().transition_model_version_stage(
            version.name, version.version, "Production"
        )
    link = re.search(r"Review it at (\S+)", str(refused.value))[1]
    browser = Browser(base)
    page = browser.submit(browser.open(link), {"username": version.name, "password": PASSWORD})
    page = browser.submit(page, {"decision": "approve", "comment": "It is good."})
    assert page.url.startswith(link)
    moved = mlflow.MlflowClient().transition_model_version_stage(
        version.name, version.version, "Production"
    )
    assert moved.current_stage == "Production"


def test_pages_of_other_sites_change_nothing(base, unique):
    for origin in ("https://evil.example", "null"):
        res = requests.post(
            f"{base}/api/2.0/mlflow/experiments/create",
            json={"name": unique},
            headers={"Origin": origin},
            auth=credentials(),
        )
        assert res.status_code == 403, res.text
