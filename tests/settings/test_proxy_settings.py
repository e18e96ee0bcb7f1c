"""The proxy that signs people in, as the settings say it."""

from pathlib import Path

import pytest
from settings_kit import loaded

from bot.settings import SettingsError


def test_there_is_none_where_nothing_is_said(tmp_path: Path):
    assert loaded(tmp_path).http.proxy is None


def _http(proxy: str) -> str:
    return f"http: {{public_url: https://payrun.example.com, proxy: {proxy}}}"


def test_the_settings_name_the_header_and_where_the_proxy_stands(tmp_path: Path):
    proxy = loaded(tmp_path, http=_http("{user_header: X-User, trusted: [10.0.0.0/8, '::1']}")).http.proxy

    assert proxy is not None
    assert (proxy.user_header, [str(one) for one in proxy.trusted]) == ("X-User", ["10.0.0.0/8", "::1/128"])
    assert proxy.tokens_too is False


@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        ("{user_header: X-User}", "trusted is missing"),
        ("{trusted: [10.0.0.1]}", "user_header is missing"),
        ("{user_header: X-User, trusted: []}", "at least one"),
        ("{user_header: X-User, trusted: [0.0.0.0/0]}", "is every address"),
        ("{user_header: X-User, trusted: ['::/0']}", "is every address"),
        ("{user_header: X-User, trusted: [10.0.0.1/8]}", "is no network such as 10.0.0.0/8"),
        ("{user_header: X-User, trusted: [proxy.example]}", "is no network such as 10.0.0.0/8"),
        ("{user_header: Cookie, trusted: [10.0.0.1]}", "is no header such as X-Forwarded-User"),
        ("{user_header: 'X User', trusted: [10.0.0.1]}", "is no header such as X-Forwarded-User"),
    ],
)
def test_half_a_proxy_or_one_that_is_everybody_is_refused(tmp_path: Path, proxy: str, says: str):
    with pytest.raises(SettingsError, match=says):
        loaded(tmp_path, http=_http(proxy))
