"""The programs that others use for the same work, as Debian has them, set up to do it as well as they can."""

import base64
import http.client
import json
import re
import subprocess

from .load import http as request
from .load import scratch_file
from .processes import SERVER_CORE, Process, folder, free_port


def versions():
    def first(command, pattern):
        done = subprocess.run(command, capture_output=True, text=True)
        return re.search(pattern, done.stdout + done.stderr).group(1)

    return {
        "nginx": first(["/usr/sbin/nginx", "-v"], r"nginx/(\S+)"),
        "haproxy": first(["/usr/sbin/haproxy", "-v"], r"version (\d+\.\d+\.\d+)"),
        "etcd": first(["etcd", "--version"], r"etcd Version: (\S+)"),
        "wrk": first(["wrk", "-v"], r"wrk \D*(\d\S*)"),
        "h2load": first(["h2load", "--version"], r"nghttp2/(\S+)"),
        "SQLite": first(["python3", "-c", "import sqlite3; print(sqlite3.sqlite_version)"], r"(\S+)"),
    }  # fmt: skip


class Nginx(Process):
    """One worker, no log, what it sends cached and open."""

    def __init__(self, locations):
        self.port = free_port()
        place = folder("nginx")
        (place / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;
            worker_rlimit_nofile 10000;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; keepalive_requests 1000000000; sendfile on; tcp_nopush on;
                open_file_cache max=100; open_file_cache_valid 1h;
                client_body_temp_path {place}; proxy_temp_path {place}; fastcgi_temp_path {place};
                uwsgi_temp_path {place}; scgi_temp_path {place};
                server {{ listen 127.0.0.1:{self.port} backlog=4096; {locations} }}
            }}""")
        super().__init__(["/usr/sbin/nginx", "-p", place, "-c", place / "nginx.conf"])
        self.wait_for_port(self.port)


class HAProxy(Process):
    """One thread that looks a path up in a map and answers with what it finds."""

    def __init__(self, answers):
        self.port = free_port()
        place = folder("haproxy")
        (place / "map").write_text("".join(f"{path} {value}\n" for path, value in answers.items()))
        (place / "haproxy.cfg").write_text(f"""
global
    nbthread 1
    maxconn 4096
defaults
    mode http
    timeout client 60s
    timeout http-keep-alive 60s
    timeout connect 5s
    timeout server 60s
frontend lookup
    bind 127.0.0.1:{self.port}
    http-request return status 200 content-type application/json lf-string "%[path,map({place}/map)]"
""")
        super().__init__(["/usr/sbin/haproxy", "-db", "-f", place / "haproxy.cfg"])
        self.wait_for_port(self.port)


class Etcd(Process):
    """A cluster of one, with its JSON gateway, on the same disk as the others."""

    def __init__(self, cores=SERVER_CORE):
        self.port = free_port()
        client, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{free_port()}"
        super().__init__([
            "etcd", "--data-dir", folder("etcd"), "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            "--log-level", "error", "--max-txn-ops", "1000",
        ], cores)  # fmt: skip
        self.wait_for_port(self.port)
        self.put({"ready": "yes"})

    def put(self, pairs):
        """Through the gateway, in one transaction."""
        puts = [{"requestPut": {"key": b64(k), "value": b64(v)}} for k, v in pairs.items()]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/v3/kv/txn", json.dumps({"success": puts}))
        if connection.getresponse().status != 200:
            raise RuntimeError("etcd refuses a transaction")

    @staticmethod
    def post(path, document):
        return request("POST", path, ["Content-Type: application/json"], json.dumps(document).encode())


def b64(text):
    return base64.b64encode(text.encode()).decode()


def field(number, text):
    """A bytes field of a protobuf message, shorter than 16 KB."""
    data = text.encode()
    size = len(data)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + length + data
