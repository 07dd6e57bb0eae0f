"""SQuAD's scores by the rules of evaluate-v1.1.py (https://rajpurkar.github.io/SQuAD-explorer/), one by one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth.errors import EvidenceError
from lth.tasks import TASKS, scores

SQUAD = TASKS["squad"]


def score(prediction: str, *answers: str) -> tuple[float, float]:
    """Exact match and F1, to six places, of one prediction against one question's answers."""
    found = scores(SQUAD, [prediction], [{"text": list(answers), "answer_start": [0] * len(answers)}])
    assert list(found) == ["f1", "exact_match"]
    return found["exact_match"], round(found["f1"], 6)


SAME = [
    ("the Denver Broncos", "Denver Broncos"),
    ("A gold coin of an empire", "gold coin of the empire"),
    ("gold the", "gold"),
    ("Denver Broncos.", "Denver Broncos"),
    ("“gold”", "“Gold”!"),
    ("Levi's", "Levis"),
    ("$1,000", "1000"),
    ("U.S.A", "usa"),
    ("DENVER broncos", "Denver Broncos"),
    ("ÉCOLE", "école"),
    ("  Denver\t \n Broncos ", "Denver Broncos"),
    ("Denver\u00a0Broncos", "Denver Broncos"),
    ("Denver - Broncos", "Denver Broncos"),
    ("the–cat", "–cat"),  # an en dash is no ASCII punctuation and stays, and `the` before it is a word of its own
]


@pytest.mark.parametrize(("prediction", "answer"), SAME)
def test_articles_ascii_punctuation_case_and_white_space_do_not_count(prediction: str, answer: str) -> None:
    assert score(prediction, answer) == score(answer, prediction) == (1.0, 1.0)


OTHER = [
    ("Denver-Broncos", "Denver Broncos"),  # punctuation is taken out, nothing is put in its place
    ("the-cat", "cat"),  # punctuation goes before articles do: thecat
    ("theatre", "atre"),  # an article is a whole word
    ("“gold”", "gold"),  # quotation marks that are not ASCII stay
    ("1990–2000", "19902000"),
    ("ecole", "école"),
    ("two", "2"),
]


@pytest.mark.parametrize(("prediction", "answer"), OTHER)
def test_nothing_else_is_evened_out(prediction: str, answer: str) -> None:
    assert score(prediction, answer) == score(answer, prediction) == (0.0, 0.0)


def test_f1_is_of_the_words_in_common_each_as_often_as_in_both() -> None:
    # {la 2, land 1} and {la 1, land 2} share 2 words of 3 and 3: precision = recall = 2/3.
    assert score("la la land", "la land land") == (0.0, round(2 / 3, 6))
    # 2 words in common, of 2 given (the article does not count) and 4 expected: precision 1, recall 1/2.
    assert score("the golden gate", "golden gate bridge park") == (0.0, round(2 / 3, 6))


def test_the_order_of_words_counts_for_the_exact_match_alone() -> None:
    assert score("Broncos Denver", "Denver Broncos") == (0.0, 1.0)


def test_of_several_answers_the_best_counts() -> None:
    # Against `bridge`: precision 1/3, recall 1, F1 1/2; against the four words: precision 1, recall 3/4, F1 6/7.
    assert score("golden gate bridge", "bridge", "golden gate bridge park") == (0.0, round(6 / 7, 6))
    assert score("bridge", "golden gate bridge", "Bridge", "gate") == (1.0, 1.0)


@pytest.mark.parametrize("nothing", ["", " ", "the", "The An a", "...", "?!", "the .", "\u00a0\t"])
def test_a_prediction_of_nothing_scores_nothing(nothing: str) -> None:
    assert score(nothing, "Denver Broncos") == (0.0, 0.0)
    assert score(nothing, "gold", "a coin") == (0.0, 0.0)


@pytest.mark.parametrize("nothing", ["", "the", "."])
def test_nothing_against_an_answer_of_nothing_is_an_exact_match_that_shares_no_word(nothing: str) -> None:
    """Three questions of the official dev file have `.` among their answers."""
    assert score(nothing, ".") == (1.0, 0.0)
    assert score(nothing, "gold", "an") == (1.0, 0.0)
    assert score("gold", ".") == (0.0, 0.0)
    assert score("gold", ".", "gold") == (1.0, 1.0)


def test_scores_are_means_over_questions_in_the_order_given() -> None:
    answers = [{"text": ["gold"], "answer_start": [0]}, {"text": ["golden gate"], "answer_start": [3]}]
    assert scores(SQUAD, ["gold", "gate"], answers) == {"f1": pytest.approx((1 + 2 / 3) / 2), "exact_match": 0.5}
    assert scores(SQUAD, ["gate", "gold"], answers) == {"f1": 0.0, "exact_match": 0.0}
    assert scores(SQUAD, ["gold"] * 3, [answers[0]] * 3) == {"f1": 1.0, "exact_match": 1.0}


WORDS = st.lists(
    st.sampled_from(["gold", "Gold", "gate", "GATE,", "la", "the", "An", "a", ".", "(bridge)"]), max_size=6
)
TEXTS = WORDS.map(" ".join)


@settings(max_examples=60)
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_f1_is_twice_the_common_words_over_all_words(prediction: str, answers: list[str]) -> None:
    def words(text: str) -> list[str]:
        plain = text.lower().translate(str.maketrans("", "", string.punctuation))
        return [word for word in plain.split() if word not in ("a", "an", "the")]

    def f1(one: list[str], other: list[str]) -> float:
        common = sum(min(one.count(word), other.count(word)) for word in set(one))
        return 2 * common / (len(one) + len(other)) if common else 0.0

    mine, theirs = words(prediction), [words(text) for text in answers]
    exact = float(mine in theirs)
    assert score(prediction, *answers) == (exact, round(max(f1(mine, other) for other in theirs), 6))


@pytest.mark.parametrize(("predictions", "count"), [([], 1), ([], 0), (["gold", "gate"], 1), (["gold"], 0)])
def test_predictions_that_do_not_match_the_questions_are_refused(predictions: list[str], count: int) -> None:
    with pytest.raises(EvidenceError) as error:
        scores(SQUAD, predictions, [{"text": ["gold"]}] * count)
    assert str(error.value) == (
        f"squad: {len(predictions)} predictions for {count} questions; expected one prediction per question, "
        "and at least one"
    )


def test_a_question_without_answers_is_refused() -> None:
    with pytest.raises(EvidenceError, match=r"^squad: question 2 has no answers; expected at least one$"):
        scores(SQUAD, ["gold", ""], [{"text": ["gold"]}, {"text": list[str]()}])
