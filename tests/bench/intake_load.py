"""The load of the intake's benchmark: a process that sends signed webhooks, and does little else.

It is run as `python -m tests.bench.intake_load PATH CONNECTIONS COUNT SEED PORT...` and prints what
came of it as JSON. All is prepared beforehand, and sockets are read by hand: a client library
takes longer to send a webhook than the service takes to keep it.
"""

import hashlib
import hmac
import json
import random
import select
import socket
import sys
import time
from collections.abc import Sequence

SECRET = "c1329a085d65f7757838df5920fdcc9a"
HOST = "127.0.0.1"


def body(seed: str, number: int) -> bytes:
    """A payrun as Gigapay tells of it, with its invoice, like no other."""
    link = f"https://app.gigapay.se/invoice/{number}?token=f00a2b6c1d8e4f57a0b3"
    invoice = {
        "id": "79606358-97af-4196-b64c-5f719433d56b",
        "app": link,
        "pdf": link,
        "amount_due": "6413.30",
        "billing_type": "standard",
        "created_at": "2026-11-13T12:00:00.120000Z",
        "currency": "SEK",
        "due_date": "2026-11-20",
        "paid_at": None,
        "total": "6413.30",
    }
    payrun = {
        "id": f"{seed}-{number}",
        "created_at": "2026-11-13T12:00:00.120000Z",
        "currency": "SEK",
        "invoice": invoice,
        "latest_status": "open",
        "metadata": {},
        "ocr_number": f"{number:012}",
        "open": True,
        "paid_at": None,
        "price": "6413.30",
    }
    return json.dumps(payrun).encode()


def request(path: str, content: bytes, at: int) -> bytes:
    """The bytes of one delivery, signed now."""
    signature = hmac.new(SECRET.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: payrun.example.com\r\nUser-Agent: Gigapay-Webhook/2.0\r\n"
        f"Accept: */*\r\nContent-Type: application/json\r\nGigapay-Signature: t={at},v1={signature}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def send(ports: Sequence[int], connections: int, requests: Sequence[bytes]) -> tuple[float, list[float]]:
    """Seconds from the first to the last answer, and how long each took. Every one must be 2xx."""
    sockets, poll, took = {}, select.epoll(), []
    for number in range(connections):
        made = socket.create_connection((HOST, ports[number % len(ports)]))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[made.fileno()] = made
        poll.register(made.fileno(), select.EPOLLIN)
    waiting = iter(requests)
    sent_at = {}
    clock = time.perf_counter
    began = clock()
    for number, made in sockets.items():
        made.send(next(waiting))
        sent_at[number] = clock()
    left = len(requests)
    while left:
        for number, _ in poll.poll(10):
            answer = sockets[number].recv(4096)
            now = clock()
            assert answer.startswith(b"HTTP/1.1 20") and answer.endswith(b"\r\n\r\n"), answer[:200]
            took.append(now - sent_at[number])
            left -= 1
            following = next(waiting, None)
            if following is not None:
                sockets[number].send(following)
                sent_at[number] = now
    lasted = clock() - began
    for made in sockets.values():
        made.close()
    return lasted, took


def main(path: str, connections: str, count: str, seed: str, *ports: str) -> None:
    at, wanted = int(time.time()), max(int(count), int(connections))
    requests = [request(path, body(seed, number), at) for number in range(wanted)]
    random.Random(seed).shuffle(requests)
    lasted, took = send([int(port) for port in ports], int(connections), requests)
    took.sort()
    sys.stdout.write(json.dumps({"rate": wanted / lasted, "p99": took[int(len(took) * 0.99)]}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
