"""A ticket wins by its mask and its weights together: Chen et al. 2020, section 3.1, table 2."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-2a", paper="chen2020", says=True, rule="higher mean")
def test_tickets_beat_random_masks(arms: Arms) -> Assertion:
    """Tickets beat random masks of the same size."""
    return difference(arms.imp(), arms.random()).lies_in(above(0))


@claim("chen-2b", paper="chen2020", says=True, rule="higher mean")
def test_tickets_beat_reinitialised_weights(arms: Arms) -> Assertion:
    """Tickets beat re-initialised weights."""
    return difference(arms.imp(), arms.reinitialised()).lies_in(above(0))


@claim("chen-2c", paper="chen2020", says=True, rule="higher mean")
def test_tickets_beat_shuffled_weights(arms: Arms) -> Assertion:
    """Tickets beat shuffled weights."""
    return difference(arms.imp(), arms.shuffled()).lies_in(above(0))
