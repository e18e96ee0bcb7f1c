"""What the whole test session prints at its end: what each of the long suites came to."""

import pytest

from tests.faults.size import summary


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in summary():
        terminalreporter.write_line(line)
