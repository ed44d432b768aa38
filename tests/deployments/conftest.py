"""A deployment that nobody uses."""

from tests.acceptance.doctor.conftest import deployment, made

__all__ = ["deployment", "made"]
