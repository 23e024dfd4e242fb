"""The links between pods, in a network of their own: `links.py FOLDER` prints as JSON what came of
each call. FOLDER holds the certificates. Run it in a network and mount namespace of its own.

HAProxy runs with the files of `deploy/kubernetes/base/link`. As three pods are one machine here,
what they bind gets an address for each, and a name server tells these for the Services' names.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LINK = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes" / "base" / "link"
WORKER, ACTIONS, SERVE = "127.0.0.4", "127.0.0.2", "127.0.0.3"
NAMES = {"actions.seva": ACTIONS, "notices.seva": SERVE}
BINDS = {
    "worker": {"bind 127.0.0.1:5055": f"bind {WORKER}:5055"},
    "actions": {"bind :8443": f"bind {ACTIONS}:8443"},
    "serve": {"bind :8443": f"bind {SERVE}:8443", "bind :9783": f"bind {SERVE}:9783"},
}


class Answers(BaseHTTPRequestHandler):
    """Says who answered what."""

    def do_GET(self) -> None:
        """Any path."""
        body = f"{self.server.server_address[1]} {self.command} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """The same, once the body is read."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def names() -> None:
    """A name server for IPv4 addresses of `NAMES`."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        asked, who = server.recvfrom(4096)
        end = asked.index(b"\0", 12) + 5
        labels, at = [], 12
        while length := asked[at]:
            labels.append(asked[at + 1 : at + 1 + length].decode())
            at += length + 1
        (kind,) = struct.unpack("!H", asked[end - 4 : end - 2])
        address = NAMES.get(".".join(labels).lower()) if kind == 1 else None
        head = asked[:2] + struct.pack("!5H", 0x8580, 1, 1 if address else 0, 0, 0)
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 5, 4)
        server.sendto(
            head + asked[12:end] + (record + socket.inet_aton(address) if address else b""), who
        )


@contextmanager
def running(name: str, folder: Path) -> Iterator[None]:
    """A link with the file that its pod has."""
    text = (LINK / f"{name}.cfg").read_text("utf-8").replace("/etc/link-tls", str(folder))
    for bind, here in BINDS[name].items():
        assert text.count(bind) == 1, (name, bind)
        text = text.replace(bind, here)
    file = folder / f"{name}.cfg"
    file.write_text(text, "utf-8")
    hosts = {"ACTIONS_HOST": "actions.seva", "NOTICES_HOST": "notices.seva"}
    process = subprocess.Popen(
        ["haproxy", "-W", "-db", "-f", file], env={**os.environ, **hosts}, stderr=sys.stderr
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def call(
    host: str, port: int, method: str, path: str, tls: ssl.SSLContext | None = None
) -> tuple[int, str]:
    """Status and body; 0 and the kind of error where there is no answer."""
    make: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
    more = {}
    if tls is not None:
        make, more = http.client.HTTPSConnection, {"context": tls}
    connection = make(host, port, timeout=5, **more)
    try:
        connection.request(method, path, body=b"{}" if method == "POST" else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as error:
        return 0, type(error).__name__
    finally:
        connection.close()


def until_up(host: str, port: int, path: str) -> None:
    """Waits until a link has found whom it calls."""
    until = time.monotonic() + 60
    while call(host, port, "POST", path)[0] != 200 and time.monotonic() < until:
        time.sleep(0.1)


def context(folder: Path, certificate: str = "") -> ssl.SSLContext:
    """As a client that knows our authority and shows a certificate, or none."""
    made = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    made.check_hostname = False
    if certificate:
        made.load_cert_chain(folder / certificate, folder / f"{certificate}.key")
    return made


def main(folder: Path) -> None:
    """Makes the calls."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n", "utf-8")
    resolver = os.path.realpath("/etc/resolv.conf")
    subprocess.run(["mount", "--bind", folder / "resolv.conf", resolver], check=True)
    threading.Thread(target=names, daemon=True).start()
    for port in (5055, 8783):
        server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with ExitStack() as links:
        for name in ("serve", "actions", "worker"):
            links.enter_context(running(name, folder))
        until_up(WORKER, 5055, "/webhook")
        until_up("127.0.0.1", 8784, "/notices")
        ours, foreign = context(folder, "link.pem"), context(folder, "foreign.pem")
        found = {
            "worker calls actions": call(WORKER, 5055, "POST", "/webhook"),
            "actions hand over news": call("127.0.0.1", 8784, "POST", "/notices"),
            "actions ask for a language": call("127.0.0.1", 8784, "POST", "/notices/language"),
            "by a certificate of ours": call(SERVE, 8443, "POST", "/notices", ours),
            "metrics by the link": call(SERVE, 8443, "GET", "/metrics", ours),
            "metrics": call(SERVE, 9783, "GET", "/metrics"),
            "news at the metrics": call(SERVE, 9783, "POST", "/notices"),
            "actions, nobody's certificate": call(
                ACTIONS, 8443, "POST", "/webhook", context(folder)
            ),
            "actions, another's certificate": call(ACTIONS, 8443, "POST", "/webhook", foreign),
            "actions, plain": call(ACTIONS, 8443, "POST", "/webhook"),
            "news, nobody's certificate": call(SERVE, 8443, "POST", "/notices", context(folder)),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
