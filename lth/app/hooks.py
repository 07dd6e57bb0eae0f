"""Hooks of this plugin, for other plugins and for a conftest.py."""

from __future__ import annotations

import pytest

from lth.claims.arms import Arms
from lth.document.rows import Document


@pytest.hookspec(firstresult=True)
def pytest_claims_arms(config: pytest.Config, arms: Arms) -> Arms | None:
    """Return other arms for the claims on one task, for example of a subclass with arms of your own.

    The first result that is not None is used. The hook is called when claims are collected.
    """


def pytest_claims_verdicts(config: pytest.Config, document: Document) -> None:
    """Called when the claims are decided, before their tests run and before anything is written.

    `document` is what --claims-json writes, with everything that a hook adds to its `notes`.
    """


def pytest_claims_report(config: pytest.Config, document: Document, written: list[str]) -> None:
    """Called with the paths of the run's files when all are written, for example to upload them."""
