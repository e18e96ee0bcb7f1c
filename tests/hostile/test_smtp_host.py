"""The mail server's host: what is never one is refused before anything is sent there, in any spelling."""

import pytest

from bot.settings.values import SmtpServer, smtp_server
from tests.faults.tally import note

NEVER = (
    # where a cloud tells a machine its own secrets
    "169.254.169.254", "169.254.0.1", "169.254.170.2", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376", "169.254.43518", "169.16689662", "169.254.169.254.", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1]",
    "[fe80::1%25eth0]", "[febf::1]", "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192",
    "metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data", "metadata.goog",
    "169。254。169。254", "１６９.254.169.254", "①⑥⑨.254.169.254", "169｡254｡169｡254",
    # of no one host
    "0.0.0.0", "0", "0x0", "[::]", "224.0.0.1", "239.255.255.250", "[ff02::1]", "255.255.255.255",
    "0xffffffff",
)  # fmt: skip
MAY_BE = (
    "mail.example.com", "localhost", "127.0.0.1", "127.1", "[::1]", "10.0.0.25", "172.17.0.1", "192.168.1.2",
    "100.64.0.9", "[fd12:3456::25]", "smtp", "mail.internal", "169.253.255.255", "169.255.0.1",
    "metadata.example.com", "[2001:db8::25]",
)  # fmt: skip


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+plain"])
@pytest.mark.parametrize("host", NEVER)
def test_what_is_never_a_mail_server_is_refused_in_any_spelling(scheme: str, host: str) -> None:
    note("hostile mail servers", tried=1)
    with pytest.raises(ValueError, match=r"."):
        smtp_server(f"{scheme}://{host}:2525")


@pytest.mark.parametrize("host", NEVER[:5])
def test_the_refusal_says_what_was_found_and_why(host: str) -> None:
    with pytest.raises(ValueError, match="is no mail server: link-local addresses are a machine's own"):
        smtp_server(f"smtp://bot@{host}")


@pytest.mark.parametrize("host", MAY_BE)
def test_a_mail_server_may_be_in_the_house_on_this_machine_or_behind_a_name(host: str) -> None:
    made = smtp_server(f"smtp://bot@{host}:2525")

    assert isinstance(made, SmtpServer)
    assert made.port == 2525
