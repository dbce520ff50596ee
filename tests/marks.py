"""Marks of the tests."""

from __future__ import annotations

import os

import pytest

soak = pytest.mark.skipif(os.environ.get("BROKEN_RELEASES") != "all", reason="BROKEN_RELEASES is not all")
"""Too long for make test, which has a shorter one of the same promise; make soak runs it."""
