"""SIGTERM: nothing new, finish or give back, and out; whoever hangs, at the other end of what."""

import signal
import socket
import time
from pathlib import Path

from tests.commands.place import write_settings
from tests.commands.running import rows

from .serving import fetch, serving, wait_until
from .vendor import silent_vendor


def test_a_vendor_that_never_answers_does_not_keep_it_and_what_it_was_at_is_given_back(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    with silent_vendor() as vendor:
        settings = write_settings(
            tmp_path, port=unused_tcp_port, vendor=("base_url: http://127.0.0.1:1", f"base_url: {vendor.url}")
        )
        with serving(settings) as running:
            wait_until(lambda: vendor.taken)
            began = time.monotonic()
            running.send(signal.SIGTERM)
            code = running.ended(within_s=25)
            took_s = time.monotonic() - began

    assert (code, running.said[-1]["event"]) == (0, "stopped")
    assert took_s < 15
    assert rows(settings, "select count(*) from look where kind = '*'") == [(1,)]
    assert rows(settings, "select count(*) from look where lease_until is not null") == [(0,)]


def test_a_client_that_never_ends_its_request_does_not_keep_it(tmp_path: Path, unused_tcp_port: int) -> None:
    settings = write_settings(tmp_path, port=unused_tcp_port)
    with serving(settings) as running, socket.create_connection(("127.0.0.1", unused_tcp_port)) as client:
        head = "POST /hooks/gigapay-se/Payrun.created HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{"
        client.sendall(head.encode())
        time.sleep(0.2)
        began = time.monotonic()
        running.send(signal.SIGTERM)
        code = running.ended(within_s=25)
        took_s = time.monotonic() - began

    assert (code, running.said[-1]["event"]) == (0, "stopped")
    assert took_s < 15


def test_while_it_stops_it_says_that_it_is_not_ready_and_takes_no_webhook(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    with silent_vendor() as vendor:
        settings = write_settings(
            tmp_path, port=unused_tcp_port, vendor=("base_url: http://127.0.0.1:1", f"base_url: {vendor.url}")
        )
        with serving(settings) as running:
            wait_until(lambda: vendor.taken)
            before = fetch(f"{url}/readyz")[0]
            running.send(signal.SIGTERM)
            wait_until(lambda: fetch(f"{url}/readyz")[0] == 503)
            ready, page, alive = (fetch(f"{url}{path}") for path in ("/readyz", "/sign-in", "/healthz"))
            running.ended(within_s=25)

    assert before == 200
    assert ready == (503, b'{"ready": false, "troubles": ["stopping"]}')
    assert (page[0], alive[0]) == (503, 200)


def test_a_second_signal_ends_it_at_once(tmp_path: Path, unused_tcp_port: int) -> None:
    with silent_vendor() as vendor:
        settings = write_settings(
            tmp_path, port=unused_tcp_port, vendor=("base_url: http://127.0.0.1:1", f"base_url: {vendor.url}")
        )
        with serving(settings) as running:
            wait_until(lambda: vendor.taken)
            running.send(signal.SIGTERM)
            wait_until(lambda: fetch(f"http://127.0.0.1:{unused_tcp_port}/readyz")[0] == 503)
            began = time.monotonic()
            running.send(signal.SIGINT)
            code = running.ended(within_s=5)
            took_s = time.monotonic() - began

    assert code == 128 + signal.SIGINT
    assert took_s < 2
