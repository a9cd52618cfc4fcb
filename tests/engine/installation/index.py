"""A package index on loopback with one tiny package, and servers that go wrong in the ways networks do."""

import base64
import contextlib
import hashlib
import http.server
import io
import ssl
import subprocess
import threading
import time
import zipfile

WHEEL = "tinyland-1.0-py3-none-any.whl"


def wheel():
    """Return the bytes of a package whose module says 42."""
    files = {
        "tinyland.py": b"ANSWER = 42\n",
        "tinyland-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tinyland\nVersion: 1.0\n",
        "tinyland-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}")
    record = "\n".join([*rows, "tinyland-1.0.dist-info/RECORD,,"]) + "\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in [*files.items(), ("tinyland-1.0.dist-info/RECORD", record.encode())]:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()


def package_list(path, content=None):
    """Write a list of the package with the hash of its content; return its path."""
    digest = hashlib.sha256(wheel() if content is None else content).hexdigest()
    path.write_text(f"tinyland==1.0 --hash=sha256:{digest}\n")
    return path


class Index(http.server.BaseHTTPRequestHandler):
    """Serves the package as the simple interface wants it."""

    fault = ""

    def do_GET(self):
        """Answer, or go wrong."""
        content = wheel()
        if self.fault == "forbidden":
            self.send_error(403, "Forbidden")
        elif self.fault == "proxy":
            self.send_error(407, "Proxy Authentication Required")
        elif self.path.endswith("/tinyland/"):
            self._send(f'<html><a href="/{WHEEL}">{WHEEL}</a></html>'.encode(), "text/html")
        elif not self.path.endswith(WHEEL):
            self.send_error(404, "Not Found")
        elif self.fault == "broken":
            self._send(content, "application/zip", cut=len(content) // 2)
        elif self.fault == "silent":
            self._send(content, "application/zip", cut=20, wait=30)
        else:
            self._send(content, "application/zip")

    do_HEAD = do_GET

    def do_CONNECT(self):
        """Ask for a password, as some proxies do."""
        self.send_error(407, "Proxy Authentication Required")

    def _send(self, content, kind, cut=None, wait=0):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        with contextlib.suppress(OSError):
            self.wfile.write(content[:cut])
            self.wfile.flush()
            deadline = time.monotonic() + wait
            while time.monotonic() < deadline and not self.server.stopping:
                time.sleep(0.05)

    def log_message(self, *arguments):
        """Say nothing."""


def certified(folder):
    """Write ``authority.pem``, which nobody trusts; return certificate and key of a server that it vouches for."""
    authority, key = str(folder / "authority.pem"), str(folder / "authority.key")
    server, server_key, request = (str(folder / name) for name in ("server.pem", "server.key", "server.csr"))
    (folder / "names.txt").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-keyout", key, "-out", authority, "-days", "2", "-subj", "/CN=An office"],
        [*new, "-keyout", server_key, "-out", request, "-subj", "/CN=localhost"],
        ["openssl", "x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-CAcreateserial", "-days", "2",
         "-extfile", str(folder / "names.txt"), "-out", server],
    ):  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
    return server, server_key


@contextlib.contextmanager
def served(fault="", tls=None):
    """Serve the index on loopback and give its address.

    Args:
        fault: ``forbidden``, ``proxy``, ``broken``, ``silent``, or empty.
        tls: Folder for a certificate that nobody trusts; None serves without TLS.
    """
    handler = type("Faulty", (Index,), {"fault": fault})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.stopping = False
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certified(tls))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://localhost:{server.server_port}/simple"
    finally:
        server.stopping = True
        server.shutdown()
        server.server_close()
