"""Who reads /metrics, as the settings say it."""

from pathlib import Path

import pytest
from settings_kit import loaded

from bot.settings import SettingsError

LONG = {"METRICS": "canary-metrics-0123456789abcdef", "SHORT": "canary-short"}


def _http(metrics: str) -> str:
    return f"http: {{public_url: https://payrun.example.com, metrics: {metrics}}}"


def test_nobody_without_a_personal_token_where_nothing_is_said(tmp_path: Path):
    assert loaded(tmp_path).http.metrics is None


def test_a_token_of_its_own_is_named_and_not_written(tmp_path: Path):
    metrics = loaded(tmp_path, LONG, http=_http("{token: env:METRICS}")).http.metrics

    assert metrics is not None
    assert (metrics.open, [one.get_secret_value() for one in metrics.token]) == (False, [LONG["METRICS"]])
    assert "canary" not in repr(metrics)


def test_a_token_that_can_be_guessed_is_refused_and_not_repeated(tmp_path: Path):
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, LONG, http=_http("{token: env:SHORT}"))

    assert "at least 24 random characters" in str(refused.value)
    assert "canary-short" not in str(refused.value)
