"""Spans for OpenTelemetry, where the extra `telemetry` is installed and an endpoint is named.

The standard's own variables say where they go (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like);
`bot.yaml` says nothing of it. What comes of one webhook happens at several times and, after
a restart, in another process: a trace's id is made of the correlation id, so that the look,
the decision, the call, its confirmation and the mail meet in one trace wherever they ran.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from time import time_ns
from typing import TYPE_CHECKING

from structlog.contextvars import get_contextvars
from structlog.typing import FilteringBoundLogger

from bot.engine.trace import keep_spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

NAMED_BY = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class OtelSpans:
    """The work of this process as spans. No name of a person and no amount is in one."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._tracer = provider.get_tracer("payrunbot")

    @contextmanager
    def work(self, name: str, correlation: str, about: Mapping[str, str]) -> Iterator[None]:
        from opentelemetry.context import Context

        said = {f"payrunbot.{key}": value for key, value in {"correlation": correlation, **about}.items()}
        # An empty context: what is done inside a request for another cause is not the request's.
        with self._tracer.start_as_current_span(name, context=Context(), attributes=said):
            yield

    def call(self, connection: str, operation: str, outcome: str, took_s: float) -> None:
        from opentelemetry.trace import SpanKind

        ended = time_ns()
        said = {"payrunbot.connection": connection, "payrunbot.outcome": outcome}
        span = self._tracer.start_span(
            operation, kind=SpanKind.CLIENT, attributes=said, start_time=ended - round(took_s * 1e9)
        )
        span.end(ended)


@contextmanager
def spans_sent(log: FilteringBoundLogger) -> Iterator[None]:
    """Send this process's spans while inside, where the environment says to where; else do nothing.

    They are sent in the background and dropped where nobody takes them: payrunbot waits for none.
    """
    if not any(os.environ.get(name) for name in NAMED_BY):
        yield
        return
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        log.warning("no spans are sent: install payrunbot[telemetry]", named_by=NAMED_BY)
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = make_provider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    keep_spans(OtelSpans(provider))
    try:
        yield
    finally:
        keep_spans(None)
        provider.shutdown()


def make_provider() -> "TracerProvider":
    """A provider whose traces are named by the correlation id at hand."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class ByCorrelation(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            correlation = get_contextvars().get("correlation")
            if not isinstance(correlation, str):
                return super().generate_trace_id()
            return int.from_bytes(sha256(correlation.encode()).digest()[:16])

    return TracerProvider(
        id_generator=ByCorrelation(),
        resource=Resource.create({"service.name": "payrunbot"}),
        shutdown_on_exit=False,
    )
