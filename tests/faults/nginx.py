"""A real nginx with the very file that sites are given (ops/nginx/nginx.conf): only ports, names and folders differ."""

from __future__ import annotations

import datetime
import getpass
import ipaddress
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.faults.site import Process, Site
from tests.servers import free_port
from tools.needs import find_nginx

CONFIGURATION = Path(__file__).parents[2] / "ops/nginx/nginx.conf"
READY_WITHIN_SECONDS = 20.0


class Front(Process):
    """What browsers reach: nginx before the site's processes. Answers like one of them."""

    def __init__(self, site: Site, folder: Path, upstreams: list[int], *, patience: str = "15s") -> None:
        """``patience``: how long it waits for a page of a process that hangs."""
        self.site, self.folder, self.port, self.plain_port = site, folder, free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.certificate = _make_certificate(folder)
        text = CONFIGURATION.read_text(encoding="utf-8")
        self.changes = {
            "user www-data;": f"user {getpass.getuser()};",
            "pid /run/nginx.pid;": f"pid {folder}/pid;",
            "/var/log/nginx/": f"{folder}/",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:443 ssl;": "",
            "server_name line.example.org;": "server_name 127.0.0.1;",
            "/etc/letsencrypt/live/line.example.org/fullchain.pem": str(self.certificate),
            "/etc/letsencrypt/live/line.example.org/privkey.pem": str(folder / "key.pem"),
            "/var/lib/hotline/static/": f"{site.folder}/var/static/",
            "proxy_read_timeout 15s;": f"proxy_read_timeout {patience};",
            "return 301 https://$host$request_uri;": f"return 301 https://$host:{self.port}$request_uri;",
            **{f"127.0.0.1:{8001 + number} ": f"127.0.0.1:{port} " for number, port in enumerate(upstreams)},
        }
        for old, new in self.changes.items():
            assert old in text, f"nginx.conf has no {old!r} any more"
            text = text.replace(old, new)
        self.popen: subprocess.Popen | None = None
        self.file = folder / "nginx.conf"
        self.file.write_text(text, encoding="utf-8")

    def start(self) -> Front:
        """Returns itself once it answers."""
        command = [find_nginx(), "-c", str(self.file), "-p", str(self.folder), "-e", str(self.folder / "error.log")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr, checked.stderr
        self.popen = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self.is_ready():
            assert self.popen.poll() is None
            assert time.monotonic() < deadline, f"nginx did not answer within {READY_WITHIN_SECONDS} s"
            time.sleep(0.02)
        return self

    def written(self) -> str:
        """All that it keeps: its logs and whatever else it left in its folder."""
        kept = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in {".pem", ".conf"}]
        return "".join(path.read_text(errors="replace") for path in kept)

    def stop(self) -> None:
        """At once."""
        if self.popen is not None:
            self.popen.terminate()
            self.popen.wait(15)


def _make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem"
