"""A ticket wins by its mask and its weights together: Chen et al. 2020 (arXiv 2007.12223).

At the sparsity of the task's winning tickets, random masks, re-initialised and shuffled weights score less. Winning
tickets are sparser than random masks that match (claim 2). Shuffled pre-trained weights beat re-initialised ones.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-2a", paper="chen2020", where="section 3.1, table 2", says=True, rule="higher mean")
def test_tickets_beat_random_masks(arms: Arms) -> Assertion:
    """Tickets beat random masks of the same size."""
    return difference(arms.imp(), arms.random()).lies_in(above(0))


@claim("chen-2b", paper="chen2020", where="section 3.1, table 2", says=True, rule="higher mean")
def test_tickets_beat_reinitialised_weights(arms: Arms) -> Assertion:
    """Tickets beat re-initialised weights."""
    return difference(arms.imp(), arms.reinitialised()).lies_in(above(0))


@claim("chen-2c", paper="chen2020", where="section 3.1, table 2", says=True, rule="higher mean")
def test_tickets_beat_shuffled_weights(arms: Arms) -> Assertion:
    """Tickets beat shuffled weights."""
    return difference(arms.imp(), arms.shuffled()).lies_in(above(0))


@claim("chen-2d", paper="chen2020", where="section 3.1, claim 2", says=True)
def test_winning_tickets_are_sparser_than_matching_random_masks(arms: Arms) -> Assertion:
    """Winning tickets are sparser than random masks that match the full model."""
    reached = difference(arms.highest_match("imp"), arms.highest_match("random"))
    return reached.lies_in(above(0)).beside(arms.rounds_of("random"))


@claim("chen-2e", paper="chen2020", where="section 3.1, table 2", says=True, rule="higher mean")
def test_shuffled_weights_beat_reinitialised_ones(arms: Arms) -> Assertion:
    """Shuffled pre-trained weights beat re-initialised ones."""
    return difference(arms.shuffled(), arms.reinitialised()).lies_in(above(0))
