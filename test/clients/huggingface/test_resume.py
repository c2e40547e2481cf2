"""What was downloaded when the connection broke is not asked for again."""

import os

import huggingface_hub
import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from conftest import FILES, SERVER
from cutting_proxy import CuttingProxy

PATH = "data/weights.bin"
# Clients write a file in pieces of so much, and go on after the last whole one.
PIECE = 10 * 2**20
# Versions before 1 give up when an answer is cut, and go on with the next call.
GIVES_UP = huggingface_hub.__version__.startswith("0.")


@pytest.fixture
def cut():
    """A proxy that cuts the first answer a little after a piece."""
    proxy = CuttingProxy(SERVER, PIECE + 2**20)
    yield proxy
    proxy.close()


def downloaded(proxy, download):
    """Download over the proxy, again where the client gives up. @returns what the client did"""
    if GIVES_UP:
        with pytest.raises(Exception, match="Connection broken|IncompleteRead"):
            download()
    path = download()
    assert proxy.cuts == 1, "nothing was cut"
    assert proxy.ranges == [f"bytes={PIECE}-".encode()]
    return path


def is_whole(path):
    with open(path, "rb") as file:
        return file.read() == FILES[PATH]


def test_a_file_goes_on_where_it_was_cut(fraud, cut, tmp_path):
    def download():
        return hf_hub_download(
            fraud, PATH, revision="Production", cache_dir=tmp_path, endpoint=f"{cut.url}/hf"
        )

    assert is_whole(downloaded(cut, download))


def test_a_snapshot_goes_on_where_it_was_cut(fraud, cut, tmp_path):
    def download():
        return snapshot_download(
            fraud, revision="Production", cache_dir=tmp_path, endpoint=f"{cut.url}/hf"
        )

    path = downloaded(cut, download)
    assert is_whole(os.path.join(path, PATH))
    assert sorted(
        os.path.relpath(os.path.join(folder, name), path)
        for folder, _, names in os.walk(path)
        for name in names
    ) == sorted(FILES)
