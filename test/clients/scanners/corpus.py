"""Files of models as tools write them, and files that run code when they are loaded: bytes by their names."""

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import subprocess
import tarfile
import zipfile
import zlib

import cloudpickle
import h5py
import joblib
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

READ = {"none": 0, "zlib": 3, "gzip": ("gzip", 3)}
UNREAD = {"bz2": ("bz2", 3), "xz": ("xz", 3), "lzma": ("lzma", 3), "lz4": ("lz4", 3)}


def written(write, *args, **options):
    file = io.BytesIO()
    write(file, *args, **options)
    return file.getvalue()


def dumped(value, **options):
    return written(lambda file: joblib.dump(value, file, **options))


def zipped(*members, method=zipfile.ZIP_DEFLATED, before=b""):
    file = io.BytesIO(before)
    with zipfile.ZipFile(file, "a" if before else "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(mode, *members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def keras(layer):
    return json.dumps({"class_name": "Functional", "config": {"layers": [{"class_name": layer, "config": {}}]}})


def hdf(text, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as model:
        model.attrs["model_config"] = text
    return file.getvalue()


def models():
    features = np.random.RandomState(0).rand(60, 4)
    labels = np.array([0, 1] * 30)
    return {
        "linear": LogisticRegression().fit(features, np.array(["yes", "no"] * 30)),
        "objects": LogisticRegression().fit(features, np.array(["yes", "no"] * 30, dtype=object)),
        "forest": RandomForestClassifier(5).fit(features, labels),
        "boosting": HistGradientBoostingClassifier(max_iter=3).fit(features, labels),
        "pipeline": make_pipeline(StandardScaler(), LogisticRegression()).fit(features, labels),
        "neighbors": KNeighborsClassifier().fit(features, labels),
        "grid": GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2).fit(features, labels),
        "words": TfidfVectorizer().fit(["a cat", "some dog here"]),
        "categories": OneHotEncoder().fit([["a"], ["b"]]),
        "arrays": {"a": np.arange(5), "b": [np.ones((3, 3), order="F"), np.array([], dtype="f4")], "c": np.float64(3)},
        "kinds": [np.array(["x", "yy"]), np.array(["2020-01-01"], "M8[D]"), np.array([{"a": 1}], object)],
        "records": [np.zeros(3, [("a", "f4"), ("b", "i8")]), np.ma.array([1.0], mask=[1]), np.array(b"x")],
        "random": [np.random.RandomState(1), np.random.default_rng(1)],
        "long": np.arange(300_000.0),
    }


class Reduced:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def benign():
    files = {}
    for name, model in models().items():
        files |= {f"{name}.pkl": pickle.dumps(model), f"{name}-cp.pkl": cloudpickle.dumps(model)}
        files |= {f"{name}-p2.pkl": pickle.dumps(model, 2)}
        for packing, compress in READ.items():
            files[f"{name}-{packing}.joblib"] = dumped(model, compress=compress)
    dense = keras("Dense")
    torch = zipped(("archive/data.pkl", pickle.dumps([1], 2)), ("archive/data/0", bytes(40)))
    return files | {
        "plain.npy": written(np.save, np.arange(5)),
        "plain.npz": written(np.savez_compressed, a=np.arange(5), b=np.arange(9)),
        "dense.keras": zipped(("metadata.json", "{}"), ("config.json", dense), ("model.weights.h5", hdf("{}"))),
        "dense.h5": hdf(dense),
        "words.txt.gz": gzip.compress(b"cat\ndog\n"),
        "m.nemo": tarred("w", ("./model_config.yaml", b"a: 1"), ("./model_weights.ckpt", torch)),
        "m.tar.gz": tarred("w:gz", ("model_config.yaml", b"a: 1"), ("weights.npy", written(np.save, np.arange(5)))),
        "objects.joblib": dumped({"a": np.array(["a", None], object), "n": np.arange(5.0)}),
        "objects-p2.joblib": dumped(np.array(["a", None], object), protocol=2),
    }


def unread():
    """Models that nobody meant ill with, in forms that are not read."""
    model = models()["linear"]
    return {f"{packing}.joblib": dumped(model, compress=compress) for packing, compress in UNREAD.items()}


def malicious():
    system = Reduced(os.system, ("id",))
    evil = pickle.dumps(system, 2)
    files = {}
    for protocol in range(6):
        files |= {
            f"system-p{protocol}.pkl": pickle.dumps(system, protocol),
            f"eval-p{protocol}.pkl": pickle.dumps({"a": [Reduced(eval, ("1",))]}, protocol),
            f"exec-p{protocol}.pkl": pickle.dumps(Reduced(exec, ("1",)), protocol),
            f"popen-p{protocol}.pkl": pickle.dumps(Reduced(subprocess.Popen, (["id"],)), protocol),
            f"function-p{protocol}.pkl": cloudpickle.dumps(lambda: os.system("id"), protocol),
        }
    mixed = {"w": np.arange(1000.0), "o": np.array([None, 1], object), "e": system, "z": np.ones(7)}
    inside = [np.arange(9), np.array([system], object)]
    for packing, compress in (READ | UNREAD).items():
        for name, value in {"alone": system, "mixed": mixed, "inside": inside}.items():
            files[f"{name}-{packing}.joblib"] = dumped(value, compress=compress)
            files[f"{name}-{packing}-p2.pkl"] = dumped(value, compress=compress, protocol=2)
    for name, pack in {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "z": zlib.compress}.items():
        files |= {f"m.pkl.{name}": pack(evil), f"packed-{name}.pkl": pack(evil), f"packed-{name}": pack(evil)}
    files |= opcodes(evil) | archives(evil)
    objects = np.array([system], dtype=object)
    hidden = keras("Lambda")
    return files | {
        "objects.npy": written(np.save, objects),
        "objects.npz": written(np.savez, a=np.arange(3), b=objects),
        "packed.npz": written(np.savez_compressed, b=objects),
        "lambda.keras": zipped(("metadata.json", "{}"), ("config.json", hidden)),
        "escaped.keras": zipped(("config.json", hidden.replace("Lambda", "L\\u0061mbda"))),
        "lambda.h5": hdf(hidden),
        "escaped.h5": hdf(hidden.replace("Lambda", "L\\u0061mbda")),
        "block.h5": hdf(hidden, userblock_size=512),
        "keras_metadata.pb": b"\n\x20" + hidden.encode(),
        "saved_model.pb": b"\n\x08ReadFile\x12",
        "chat.jinja": b"{{ x }}",
        "setup.py": b"import os",
    }


def opcodes(evil):
    torch = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})]
    named = {name: evil for name in ["m.dat", "m.data", "m.bin", "m.onnx", "m.safetensors", "m", "m.bak"]}
    return named | {
        "inst.pkl": b"(S'id'\nios\nsystem\n.",
        "obj.pkl": b"(cos\nsystem\nS'id'\no.",
        "global.pkl": b"cos\nsystem\n(S'id'\ntR.",
        "build.pkl": b"\x80\x04cos\nsystem\n}(X\x01\x00\x00\x00ak\x01ub.",
        "new.pkl": b"\x80\x02cos\nsystem\nU\x02id\x85\x81.",
        "new-ex.pkl": b"\x80\x04cos\nsystem\n)}\x92.",
        "memo.pkl": b"\x80\x04\x8c\x02xx\x940\x8c\x02os\x94q\x000h\x00\x8c\x06system\x93\x8c\x02id\x85R.",
        "memo-far.pkl": b"\x80\x04\x8c\x02osr\x00\x10\x00\x000j\x00\x10\x00\x00\x8c\x06system\x93\x8c\x02id\x85R.",
        "twice.pkl": b"\x80\x04\x8c\x02os20\x8c\x06system\x93\x8c\x02id\x85R.",
        "frame.pkl": b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n\x8c\x02id\x85R.",
        "cut.pkl": evil[:-1],
        "junk.pkl": evil[:-1] + b"\xff" * 20,
        "second.pkl": pickle.dumps([1]) + evil,
        "third.pkl": pickle.dumps(1) + pickle.dumps({"a": 2}, 4) + evil,
        "behind.pkl": pickle.dumps([1]) + bytes(100) + evil,
        "old.pt": b"".join([*torch, evil, bytes(range(200, 250))]),
    }


def archives(evil):
    plain = pickle.dumps([1], 2)
    members = [("archive/version", "3\n"), ("archive/data.pkl", evil), ("archive/data/0", bytes(40))]
    return {
        "whole.pt": zipped(*members),
        "bin.bin": zipped(*members),
        "before.pt": zipped(*members, before=b"#!/bin/sh\n"),
        "upper.pt": zipped(("archive/DATA.PKL", evil)),
        "number.pt": zipped(("archive/data/0", evil)),
        "constants.pt": zipped(("archive/data.pkl", plain), ("archive/constants.pkl", evil)),
        "no-ending.zip": zipped(("a", evil)),
        "data.zip": zipped(("model.dat", evil)),
        "bin.zip": zipped(("weights.bin", evil)),
        "npz.zip": zipped(("a.npy", written(np.save, np.array([Reduced(os.system, ("id",))], object)))),
        "nested.zip": zipped(("in.zip", zipped(("a.pkl", evil)))),
        "nested.pt": zipped(("archive/in.pt", zipped(("data.pkl", evil)))),
        "bz2.pt": zipped(("archive/data.pkl", evil), method=zipfile.ZIP_BZIP2),
        "lzma.pt": zipped(("archive/data.pkl", evil), method=zipfile.ZIP_LZMA),
        "m.tar": tarred("w", ("m.pkl", evil)),
        "m.tar.gz": tarred("w:gz", ("m.pkl", evil)),
        "tar.pt": tarred("w", ("pickle", evil)),
        "m.nemo": tarred("w", ("./model_config.yaml", b"a: 1"), ("./model_weights.ckpt", zipped(*members))),
        "old.nemo": tarred("w:gz", ("./model_weights.ckpt", zipped(*members))),
        "long.tar": tarred("w", ("d" * 300 + "/m.pkl", evil)),
        "packed.tar": tarred("w", ("m.pkl.gz", gzip.compress(evil))),
        "nested.tar": tarred("w", ("in.tar", tarred("w", ("m.pkl", evil)))),
        "m.tar.xz": tarred("w:xz", ("m.pkl", evil)),
    }
