"""Fetching ImageNet weights: from a server on this machine, and in every way in which it can fail."""

import hashlib
import io
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save

from engine.errors import Cancelled, ParameterError
from engine.job import Job
from engine.models.backbones import BACKBONES
from engine.networks.pretrained import Source, fetch_weights, weight_source

WEIGHTS = {"conv1.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3)}


def as_pth(content):
    """Return the bytes of a weight file."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture
def server():
    """A server on the loopback; ``answers`` maps a path to (body, headers)."""
    answers, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path not in answers:
                self.send_error(404)
                return
            body, headers = answers[self.path]
            self.send_response(200)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    running.answers, running.asked = answers, asked
    running.address = f"http://127.0.0.1:{running.server_port}"
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """The tests' own environment may forbid fetching; the loopback is no network."""
    monkeypatch.delenv("IMAGERY_DL_OFFLINE", raising=False)


def offer(server, content=None, name="resnet18", prefix=None, **headers):
    """Put a file on the server under torchvision's naming and return its source."""
    body = as_pth(WEIGHTS) if content is None else content
    digest = prefix or hashlib.sha256(body).hexdigest()[:8]
    path = f"/{name}-{digest}.pth"
    server.answers[path] = (body, headers)
    return Source(server.address + path, 45.0, digest)


def test_weights_are_fetched_once_and_then_taken_from_the_cache(server, tmp_path):
    """Size and source are named before the fetch."""
    job, source = Job(), offer(server)

    first = fetch_weights("RESNET18", job, source=source, cache=tmp_path)
    second = fetch_weights("resnet18", job, source=source, cache=tmp_path)

    assert torch.equal(first["conv1.weight"], WEIGHTS["conv1.weight"])
    assert torch.equal(second["conv1.weight"], WEIGHTS["conv1.weight"])
    assert len(server.asked) == 1
    assert job.messages == [f"fetching ImageNet weights of RESNET18 (45 MB) from {source.url}"]
    assert job.warnings == []
    assert [path.name for path in tmp_path.iterdir()] == [source.file_name]


def test_safetensors_are_read_and_their_announced_hash_checked(server, tmp_path):
    """The servers of timm's weights name the hash in a header."""
    body = save(WEIGHTS)
    good, bad = hashlib.sha256(body).hexdigest(), "0" * 64
    server.answers["/good/model.safetensors"] = (body, {"ETag": f'"{good}"'})
    server.answers["/bad/model.safetensors"] = (body, {"X-Linked-Etag": f'"{bad}"'})

    fine = fetch_weights("RESNET18", Job(), source=Source(server.address + "/good/model.safetensors"), cache=tmp_path)
    job = Job()
    broken = fetch_weights("RESNET18", job, source=Source(server.address + "/bad/model.safetensors"), cache=tmp_path)

    assert torch.equal(fine["conv1.weight"], WEIGHTS["conv1.weight"])
    assert broken is None and "SHA-256" in job.warnings[0]
    assert len(list(tmp_path.iterdir())) == 1


def refused(source, tmp_path, words):
    """Fetch, expect one warning with the words and nothing left in the cache."""
    job = Job()
    assert fetch_weights("RESNET18", job, source=source, cache=tmp_path, seconds=2.0) is None
    assert len(job.warnings) == 1
    assert words in job.warnings[0] and "training starts from random weights" in job.warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_another_hash_is_not_kept(server, tmp_path):
    """What arrives must be what torchvision named."""
    refused(offer(server, prefix="deadbeef"), tmp_path, "SHA-256")


def test_a_missing_file_is_told(server, tmp_path):
    """A moved address."""
    refused(Source(server.address + "/gone-12345678.pth", 1.0, "12345678"), tmp_path, "Not Found")


def test_a_broken_connection_is_told(server, tmp_path):
    """Fewer bytes than announced."""
    refused(offer(server, **{"Content-Length": "99999"}), tmp_path, "not fetched")


def test_a_server_that_refuses_is_told(tmp_path):
    """Nobody listens at the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    refused(Source(f"http://127.0.0.1:{port}/resnet18-12345678.pth"), tmp_path, "not fetched")


def test_a_silent_server_is_given_up_in_time(tmp_path):
    """A firewall that swallows packets must not hold the training up."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        refused(Source(f"http://127.0.0.1:{silent.getsockname()[1]}/resnet18-12345678.pth"), tmp_path, "timed out")
    assert time.monotonic() - start < 6


def test_a_name_that_does_not_resolve_is_told(tmp_path):
    """No network at all."""
    refused(Source("http://weights.invalid/resnet18-12345678.pth"), tmp_path, "not fetched")


def test_offline_forbids_the_fetch_but_not_the_cache(server, tmp_path, monkeypatch):
    """IMAGERY_DL_OFFLINE=1 is for continuous integration."""
    source = offer(server)
    monkeypatch.setenv("IMAGERY_DL_OFFLINE", "1")
    refused(source, tmp_path, "IMAGERY_DL_OFFLINE=1")
    assert server.asked == []

    monkeypatch.delenv("IMAGERY_DL_OFFLINE")
    fetch_weights("RESNET18", Job(), source=source, cache=tmp_path)
    monkeypatch.setenv("IMAGERY_DL_OFFLINE", "1")
    assert fetch_weights("RESNET18", Job(), source=source, cache=tmp_path) is not None


def test_a_file_that_would_run_code_is_refused_and_deleted(server, tmp_path):
    """Weights are data, from whomever they come."""
    job, source = Job(), offer(server, as_pth({"conv1.weight": socket.socket}))

    assert fetch_weights("RESNET18", job, source=source, cache=tmp_path) is None
    assert "damaged and were deleted" in job.warnings[0]
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_stops_the_fetch_and_leaves_nothing(server, tmp_path):
    """Cancel is looked for between pieces."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        fetch_weights("RESNET18", job, source=offer(server), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_has_weights_with_a_hash_in_their_name(name):
    """torchvision's own addresses."""
    source = weight_source(name)
    assert source.url.startswith("https://download.pytorch.org/")
    assert source.megabytes > 10 and len(source.sha256) >= 8
    assert source.file_name == source.url.rsplit("/", 1)[1]


def test_models_of_timm_have_an_address_and_two_of_them_never_share_a_cached_file():
    """Most of them are called model.safetensors there."""
    first, second = weight_source("timm:convnext_atto"), weight_source("timm:convnext_femto")
    assert first.url.startswith("https://")
    assert first.file_name != second.file_name
    with pytest.raises(ParameterError):
        fetch_weights("timm:", Job())


def test_layer_names_of_old_densenets_are_mended(server, tmp_path):
    """torchvision's files hold norm.1 where the network says norm1."""
    old = {
        "features.denseblock1.denselayer1.norm.1.weight": torch.ones(2),
        "features.denseblock1.denselayer1.conv.2.weight": torch.ones(1),
    }
    state = fetch_weights("DENSENET121", Job(), source=offer(server, as_pth(old), "densenet121"), cache=tmp_path)
    assert sorted(state) == [
        "features.denseblock1.denselayer1.conv2.weight",
        "features.denseblock1.denselayer1.norm1.weight",
    ]
