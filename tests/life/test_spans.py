"""Spans, as the service sends them to a collector on loopback by the standard's own protocol."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from structlog.testing import capture_logs

from bot import spans
from tests.commands.place import ENVIRON, write_settings
from tests.commands.running import rows

from .serving import fetch, serving, wait_until


def test_a_look_and_its_calls_are_one_trace_that_the_correlation_id_names(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    settings = write_settings(tmp_path, port=unused_tcp_port)
    with _collector() as (url, taken), serving(settings, environ=_sent_to(url)) as running:
        wait_until(lambda: any(line["event"] == "vendor_call" for line in running.said))
        running.send(signal.SIGTERM)
        code = running.ended(within_s=25)

    look = next(span for span in taken if span.name == "look")
    called = next(span for span in taken if span.parent_span_id == look.span_id)
    said = _said(look)
    assert code == 0
    assert look.trace_id == called.trace_id == sha256(said["payrunbot.correlation"].encode()).digest()[:16]
    assert said["payrunbot.connection"] == "gigapay-se"
    assert (called.name, called.kind, _said(called)["payrunbot.outcome"]) == (
        "GET payruns/",
        Span.SPAN_KIND_CLIENT,
        "no answer",
    )
    assert look.start_time_unix_nano <= called.start_time_unix_nano <= called.end_time_unix_nano


def test_a_webhook_is_the_trace_of_what_comes_of_it(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = write_settings(tmp_path, port=unused_tcp_port)
    with _collector() as (url, taken), serving(settings, environ=_sent_to(url)) as running:
        fetch(f"http://127.0.0.1:{unused_tcp_port}/hooks/gigapay-se/Payrun.created", b"{}")
        running.send(signal.SIGTERM)
        running.ended(within_s=25)

    hook = next(span for span in taken if span.name.startswith("POST /hooks/"))
    assert hook.name == "POST /hooks/{connection}/{event}"
    assert hook.trace_id == sha256(_said(hook)["payrunbot.correlation"].encode()).digest()[:16]


def test_a_collector_that_is_not_there_holds_up_nothing(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = write_settings(tmp_path, port=unused_tcp_port)
    with serving(settings, environ=_sent_to("http://127.0.0.1:1")) as running:
        wait_until(lambda: any(line["event"] == "vendor_call" for line in running.said))
        began = time.monotonic()
        running.send(signal.SIGTERM)
        code = running.ended(within_s=25)

    assert code == 0
    assert time.monotonic() - began < 20
    assert rows(settings, "select count(*) from look") == [(1,)]


def test_where_the_extra_is_not_installed_the_log_names_it_and_the_service_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(spans, "find_spec", lambda _name: None)

    with capture_logs() as said, spans.spans_sent(structlog.get_logger()):
        pass

    assert [line["event"] for line in said] == ["no spans are sent: install payrunbot[telemetry]"]


def _sent_to(url: str) -> dict[str, str]:
    return {**ENVIRON, "OTEL_EXPORTER_OTLP_ENDPOINT": url}


def _said(span: Span) -> dict[str, str]:
    return {one.key: one.value.string_value for one in span.attributes}


@contextmanager
def _collector() -> Iterator[tuple[str, list[Span]]]:
    """A collector, and every span that it was sent."""
    taken: list[Span] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent = ExportTraceServiceRequest.FromString(body)
            taken.extend(
                span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", taken
        finally:
            server.shutdown()
