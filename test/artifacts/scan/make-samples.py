"""Writes samples.json: files that run code when they are loaded, files that do not, and what picklescan says of each.

Run it with Python 3.11, cloudpickle 3.1.2, joblib 1.6.0, numpy 2.4.6, scikit-learn 1.9.1 and picklescan 1.0.5.
"""

import base64, io, json, operator, os, pathlib, pickle, tempfile, zipfile

import cloudpickle, joblib, numpy as np
from picklescan.scanner import SafetyLevel, scan_file_path
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

samples = {}


class Reduced:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


system = Reduced(os.system, ("id",))
for protocol in range(6):
    samples[f"system-p{protocol}.pkl"] = pickle.dumps(system, protocol)
    samples[f"eval-p{protocol}.pkl"] = pickle.dumps({"a": [Reduced(eval, ("1",))]}, protocol)
evil = samples["system-p2.pkl"]
samples |= {
    "getattr.pkl": pickle.dumps(Reduced(operator.attrgetter, ("system",)), 4),
    "nested.pkl": b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93\x8c\x08builtins\x8c\x0a__import__\x93\x8c\x02os\x85R\x8c\x06system\x86R\x8c\x02id\x85R.",
    "truncated.pkl": evil[:-1],
    "two.pkl": pickle.dumps([1]) + samples["system-p0.pkl"],
    "memo.pkl": b"\x80\x04\x8c\x08harmless\x940\x8c\x02os\x94q\x000h\x00\x8c\x06system\x93\x8c\x02id\x85R.",
    "memo-text.pkl": b"(S'json'\np0\n0S'os'\np0\n0g0\nS'system'\n\x93(S'id'\ntR.",
    "inst.pkl": b"(S'id'\nios\nsystem\n.",
    "obj.pkl": b"(cos\nsystem\nS'id'\no.",
    "extension.pkl": b"\x80\x02\x82\x01(U\x02idtR.",
    "junk-after.pkl": b"cos\nsystem\n(S'id'\ntR" + b"\xff\xfe" * 9,
    "no-ending.bin": samples["system-p0.pkl"],
    "escaped.pkl": b"\x80\x04Vos\nV\\u0073ystem\n\x93\x8c\x02id\x85R.",
    "dotted.pkl": b"\x80\x04\x8c\x03uid\x8c\x09os.system\x93\x8c\x02id\x85R.",
    "popped-mark.pkl": b"\x80\x04(0\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
    "transformer.pkl": pickle.dumps(FunctionTransformer(os.system)),
    "conda.yaml": b"channels:\n- conda-forge\ndependencies:\n- python=3.11\n",
    "words.txt": b"cat\ndog\nmouse\n",
    "empty.pkl": b"",
    "lambda.pkl": cloudpickle.dumps(lambda x: x + 1),
    "plain.pkl": pickle.dumps({"a": [1, 2.5, None, True, b"x", (1, 2), {3}, "é" * 300, 10**50]}, 2),
}


def written(write, *args, **options):
    file = io.BytesIO()
    write(file, *args, **options)
    return file.getvalue()


objects = np.array([system], dtype=object)
samples |= {
    "objects.npy": written(np.save, objects),
    "plain-objects.npy": written(np.save, np.array([{"a": 1}], dtype=object)),
    "fields.npy": written(np.save, np.zeros(3, dtype=[("Order", "f4"), ("a", "i4")])),
    "packed.npz": written(np.savez_compressed, a=np.arange(5), b=objects),
    "plain.npz": written(np.savez_compressed, a=np.arange(5), b=np.arange(9)),
}


def torch_archive(data, *more):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in [("data.pkl", data), ("version", "3\n"), ("data/0", bytes(40)), *more]:
            archive.writestr(f"archive/{name}", text)
    return file.getvalue()


tensors = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00wq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x0atq\x08QK\x00K\x0a\x85q\tK\x01\x85q\n\x89h\x00)Rq\x0btq\x0cRq\rs."
evil_archive = torch_archive(evil)
flagged = bytearray(evil_archive)
flagged[evil_archive.find(b"PK\x01\x02") + 8] |= 1
samples |= {
    "tensors.pt": torch_archive(tensors),
    "evil.pt": evil_archive,
    "prefixed.pt": evil + torch_archive(tensors),
    "flagged.pt": bytes(flagged),
    "renamed.pt": evil_archive.replace(b"archive/data.pkl", b"archive/data.txt", 1),
    "script.pt": torch_archive(tensors, ("code/model.py", "import os")),
}

model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "x.joblib")
    for name, value, compress in [("arrays", model, 0), ("arrays-xz", model, ("xz", 3)), ("plain-zlib", {"a": 1}, 3)]:
        joblib.dump(value, path, compress=compress)
        samples[f"{name}.joblib"] = path.read_bytes()
    samples |= {"sklearn.pkl": cloudpickle.dumps(model), "sklearn-p2.pkl": pickle.dumps(model, 2)}

    def judged(name, content):
        path = pathlib.Path(folder, name)
        path.write_bytes(content)
        try:
            found = scan_file_path(str(path))
        except OSError:
            return "error"
        levels = {one.safety for one in found.globals}
        if SafetyLevel.Dangerous in levels:
            return "dangerous"
        return "error" if found.scan_err else "suspicious" if SafetyLevel.Suspicious in levels else "innocuous"

    table = {
        name: {"picklescan": judged(name, content), "base64": base64.b64encode(content).decode()}
        for name, content in sorted(samples.items())
    }
pathlib.Path(__file__).with_name("samples.json").write_text(json.dumps(table, indent=2) + "\n")
