"""The fixture `claim`, for tests without the marker: it says what they lack. Another plugin's fixture comes first."""

from __future__ import annotations

import pytest

from lth.claims.terms import Terms


class Words:
    """A plugin with the fixture alone."""

    @pytest.fixture
    def claim(self, request: pytest.FixtureRequest) -> Terms:
        """The words to write a claim with: claim.arms, difference, mean, above, below and within."""
        raise pytest.UsageError(
            f"{request.node.name} takes the fixture claim, but is not marked as a claim; expected "
            f'@pytest.mark.claim("ID", paper="NAME", says=True)'
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Offer the fixture unless another plugin has one: of two plugins, pytest would take the one it reads last."""
    if not session._fixturemanager.getfixturedefs("claim", session):
        session.config.pluginmanager.register(Words())
