"""Hooks that this plugin offers to other plugins and to a conftest.py, after pytest's own manner."""

from __future__ import annotations

import pytest

from lth.claims.arms import Arms
from lth.document.rows import Document


@pytest.hookspec(firstresult=True)
def pytest_claims_arms(config: pytest.Config, arms: Arms) -> Arms | None:
    """Give other arms to the claims on one task: an instance of a subclass with arms of your own, say.

    The first answer that is not None is taken. The hook is called when claims are collected.
    """


def pytest_claims_verdicts(config: pytest.Config, document: Document) -> None:
    """See what was decided, before any test is told its verdict and before anything is written.

    `document` is what --claims-json writes. What is added to its `notes` is written, too.
    """


def pytest_claims_report(config: pytest.Config, document: Document, written: list[str]) -> None:
    """See where the run's files were written, once they all are: to upload them, say."""
