"""Tools above huggingface_hub: the command `hf`, transformers, and MLflow for what came down."""

import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("transformers")



def hf(*args):
    """The command, as a shell would run it."""
    program = os.path.join(os.path.dirname(sys.executable), "hf")
    return subprocess.run([program, *args], capture_output=True, text=True, check=False)


def test_the_command_downloads_and_verifies(fraud, tmp_path):
    done = hf("download", fraud, "--revision", "Production", "--local-dir", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "README.md").read_bytes() == b"# Two\n"
    done = hf("download", fraud, "--revision", "Production")
    assert done.returncode == 0, done.stderr
    verify = ["cache", "verify", fraud, "--revision", "Production"]
    verified = hf(*verify)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    folder = re.search(r"/.*/snapshots/[0-9a-f]{40}", done.stdout).group()
    with open(os.path.join(folder, "data/weights.bin"), "r+b") as weights:
        weights.write(b"\xff")
    assert hf(*verify).returncode != 0


def test_transformers_reads_its_config(fraud):
    from transformers import AutoConfig

    assert AutoConfig.from_pretrained(fraud, revision="Production").hidden_size == 32


def test_what_came_down_is_the_model(unique, register, tmp_path):
    import mlflow.pyfunc
    from huggingface_hub import snapshot_download

    class Double(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    made = tmp_path / "model"
    mlflow.pyfunc.save_model(made, python_model=Double(), pip_requirements=[])
    files = {
        str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()
    }
    register(unique, files, stage="Production")
    # MLflow refuses the links that the cache is made of.
    path = snapshot_download(f"default/{unique}", revision="Production", local_dir=tmp_path / "down")
    assert mlflow.pyfunc.load_model(path).predict(21) == 42


def test_the_documentation_runs(unique, register, tmp_path):
    import mlflow.pyfunc

    class Same(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input

    made = tmp_path / "made"
    mlflow.pyfunc.save_model(made, python_model=Same(), pip_requirements=[])
    files = {
        str(path.relative_to(made)): path.read_bytes() for path in made.rglob("*") if path.is_file()
    }
    register(unique, files, alias="champion")
    register(unique, {**files, "more.txt": b"more"})
    register(unique, {**files, "more.txt": b"most"}, stage="Production")

    folder = os.path.dirname(__file__)
    with open(os.path.join(folder, "../../../docs/huggingface.md"), encoding="utf-8") as page:
        text = page.read().replace("fraud-detector", unique)
    [script] = re.findall(r"```python\n(.*?)```", text, re.S)
    [_, commands] = re.findall(r"```sh\n(.*?)```", text, re.S)
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    programs = os.path.dirname(sys.executable)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-ec", commands], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "model/more.txt").read_text() == "most"
    assert (tmp_path / "out/MLmodel").exists()
