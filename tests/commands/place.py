"""A folder with settings to run commands in, and a service that answers as it is told."""

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

REPO = Path(__file__).parents[2]
KEY = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="
ENVIRON = {"KEY": KEY, "GIGAPAY": "canary-gigapay", "HOOK": "canary-hook-0123456789abcdef"}
"""What the settings name. Every value is a secret: none may be seen in any output."""

SETTINGS = """\
timezone: Europe/Stockholm
rules: {rules}
http: {{listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"}}
keys: {{tokens: env:KEY, sessions: env:KEY, audit: env:KEY}}
mail: {{smtp: "smtp+plain://127.0.0.1:1", from: bot@example.com}}
people:
  - {{id: payroll-1, mail: payroll-1@example.com, roles: [operator]}}
  - {{id: finance-1, mail: finance-1@example.com, roles: [approver]}}
  - {{id: finance-2, mail: finance-2@example.com, roles: [approver]}}
groups:
  {{ops: [ops@example.com], finance: [finance-1, finance-2], payroll: [payroll-1], payroll-lead: [finance-1]}}
guards: {{per_action: {{SEK: 250 000}}}}
connections:
  - id: gigapay-se
    vendor: gigapay
    calendar: se
    token: env:GIGAPAY
    webhook_secret: env:HOOK
    integration_id: "79606358-97af-4196-b64c-5f719433d56b"
    base_url: http://127.0.0.1:1
"""


def write_settings(folder: Path, *, port: int = 8080, rules: Path = REPO / "rules", **changed: str) -> Path:
    """Settings that are right, with some texts of them replaced by others."""
    text = SETTINGS.format(port=port, rules=rules)
    for before, after in changed.values():
        assert before in text
        text = text.replace(before, after)
    path = folder / "bot.yaml"
    path.write_text(text, "utf-8")
    return path


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    token: str


@dataclass
class Answering:
    """A service on loopback that gives the answers it was told to, and keeps what it was asked."""

    replies: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """By `METHOD /path`."""
    asked: list[Request] = field(default_factory=list)
    url: str = ""

    @property
    def deeds(self) -> list[tuple[str, Any]]:
        return [(one.path, one.body) for one in self.asked if one.method == "POST"]


class _Handler(BaseHTTPRequestHandler):
    stand: Answering

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.stand.asked.append(Request(self.command, self.path, json.loads(raw) if raw else None, token))
        problem = {"title": "Not found", "detail": "There is nothing at this address."}
        status, content = self.stand.replies.get(f"{self.command} {self.path}", (404, problem))
        if status == 0:  # the connection ends before the answer
            self.close_connection = True
            return
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def serve_answers(answering: Answering) -> ThreadingHTTPServer:
    """Serve in a thread: the commands under test have a loop of their own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand": answering}))
    answering.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
