"""The demo is tried as it is released."""

from tests.release.conftest import built, installed, wheel

__all__ = ["built", "installed", "wheel"]
