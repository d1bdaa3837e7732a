"""A time stamp authority on this machine: OpenSSL's own, behind HTTP on 127.0.0.1.

It has a root and a certificate of its own, made for the test, and can be told to do wrong.
"""

from __future__ import annotations

import datetime
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM
ANOTHER_DIGEST = "5e" * 32


def _certificate(name: str, key: Any, issuer: str, issuer_key: Any) -> x509.Certificate:
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    is_root = name == issuer
    subject, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in (name, issuer))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    if not is_root:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


class StampAuthority:
    """``ca_file``: its root. ``mood``: what it does with questions; ``asked``: how many came."""

    def __init__(self, folder: Path, name: str = "time") -> None:
        folder.mkdir()
        self._folder = folder
        self.ca_file = folder / "ca.pem"
        self.mood = "well"
        self.asked = 0
        self._lock = threading.Lock()
        self._make(name)
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/stamp"

    def start(self) -> None:
        """Listen, at the same port as before."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                authority.handle(self)

            def do_GET(self) -> None:
                authority.handle(self)

            def log_message(self, *_arguments: object) -> None:
                """Tests tell what they hold against it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Be down."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, query: bytes) -> bytes:
        """What OpenSSL answers to a query."""
        return self._openssl("ts", "-reply", "-config", "tsa.cnf", query=query)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer as the mood is."""
        with self._lock:
            self.asked += 1
        query = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        match self.mood:
            case "garbage":
                self._send(request, b"<html>Welcome to the hotel's network</html>")
            case "huge":
                self._send(request, bytes(200_000))
            case "error":
                request.send_error(503)
            case "elsewhere":
                request.send_response(302)
                request.send_header("Location", f"{self.url}/elsewhere")
                request.end_headers()
            case "wrong digest":
                other = ("ts", "-query", "-digest", ANOTHER_DIGEST, "-sha256", "-cert")
                self._send(request, self.answer(self._openssl(*other)))
            case "slow":
                time.sleep(1.0)
                self._send(request, self.answer(query))
            case _:
                self._send(request, self.answer(query))

    def _send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/timestamp-reply")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _openssl(self, *arguments: str, query: bytes = b"") -> bytes:
        with self._lock:
            (self._folder / "query").write_bytes(query)
            files = ("-queryfile", "query") if query else ()
            subprocess.run(
                ["openssl", *arguments, *files, "-out", "answer"],
                cwd=self._folder,
                capture_output=True,
                check=True,
            )
            return (self._folder / "answer").read_bytes()

    def _make(self, name: str) -> None:
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate(f"{name} root", root_key, f"{name} root", root_key)
        own = _certificate(name, key, f"{name} root", root_key)
        self.ca_file.write_bytes(root.public_bytes(PEM))
        (self._folder / "tsa.pem").write_bytes(own.public_bytes(PEM))
        private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (self._folder / "tsa.key").write_bytes(key.private_bytes(PEM, *private))
        (self._folder / "serial").write_text("01\n")
        (self._folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_cert = tsa.pem\n"
            "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n"
            "digests = sha256\ness_cert_id_alg = sha256\n"
        )
