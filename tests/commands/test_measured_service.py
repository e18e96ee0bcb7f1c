"""A service that really runs counts what it does, and says so at /metrics."""

from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.commands.place import write_settings
from tests.commands.running import gigapay_running, service_running

pytestmark = pytest.mark.usefixtures("logs")


def _scraped(url: str) -> dict[str, float]:
    """The sums of all samples, by name."""
    with urlopen(f"{url}/metrics") as reply:
        text = reply.read().decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def test_calls_readings_decisions_and_writes_are_counted(tmp_path: Path, unused_tcp_port: int) -> None:
    url, counted = (
        f"http://127.0.0.1:{unused_tcp_port}",
        {
            "payrunbot_calls_total",
            "payrunbot_call_seconds_count",
            "payrunbot_polls_total",
            "payrunbot_decisions_total",
            "payrunbot_decision_seconds_count",
            "payrunbot_db_write_seconds_count",
        },
    )
    with gigapay_running() as gigapay:
        opened = (f'public_url: "{url}"', f'public_url: "{url}", metrics: {{open: true}}')
        settings = write_settings(
            tmp_path, port=unused_tcp_port, gigapay=("http://127.0.0.1:1", gigapay), metrics=opened
        )
        with service_running(settings):
            until = monotonic() + 20
            found = _scraped(url)
            while monotonic() < until and not all(found.get(name) for name in counted):
                sleep(0.1)
                found = _scraped(url)

    assert {name for name in counted if not found.get(name)} == set()
