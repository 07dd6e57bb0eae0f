"""The corpus is deterministic, stays in the vocabulary and within its length, and its facts and verdicts are true."""

from __future__ import annotations

from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lth.lab.corpus import MAX_TOKENS, MIX, corpus_hash, document, documents, facts, verdict
from lth.lab.lexicon import PARENT, REACTIONS, SYNONYMS, ancestors, plural, vocabulary

SAMPLE = list(islice(documents(7), 2000))


def test_the_same_seed_gives_the_same_documents_and_another_seed_others() -> None:
    assert list(islice(documents(7), 2000)) == SAMPLE
    assert list(islice(documents(8), 2000)) != SAMPLE
    assert corpus_hash(50) == corpus_hash(50)
    assert corpus_hash(50) != corpus_hash(50, seed=8)


def test_every_word_of_the_corpus_is_in_the_vocabulary() -> None:
    assert {word for sentences in SAMPLE for words in sentences for word in words} <= set(vocabulary())


def test_documents_are_short_and_their_sentences_end() -> None:
    assert all(sum(map(len, sentences)) <= MAX_TOKENS for sentences in SAMPLE)
    assert all(words[-1] in ".?" and len(words) > 1 for sentences in SAMPLE for words in sentences)


def test_most_documents_have_a_next_sentence_to_predict() -> None:
    assert sum(len(sentences) > 1 for sentences in SAMPLE) > 0.8 * len(SAMPLE)


def test_the_mix_sums_to_one() -> None:
    assert abs(sum(MIX.values()) - 1) < 1e-9


@given(st.integers(0, 10**9))
def test_a_fact_that_calls_one_noun_a_kind_of_another_is_true(seed: int) -> None:
    concept = {word: noun for noun, words in SYNONYMS.items() for word in words}
    for words in facts(Random(seed)):
        if words[0] == "every":
            low, high = words[1], words[-1]
            assert high in ancestors(concept[low])
        elif words[0] == "no":
            assert words[-1] not in ancestors(concept[words[1]])
        elif "kind" in words:
            assert words[-1] in ancestors(concept[words[1]])


@given(st.integers(0, 10**9))
def test_a_favourable_verdict_never_says_that_the_thing_was_disliked(seed: int) -> None:
    for sign in (1, -1):
        said = set(verdict(Random(seed), sign)) & set(REACTIONS)
        assert all(REACTIONS[word] * sign > 0 for word in said)


@given(st.integers(0, 10**9))
def test_a_document_is_a_function_of_its_random_stream(seed: int) -> None:
    assert document(Random(seed)) == document(Random(seed))


def test_every_noun_has_a_plural_of_its_own() -> None:
    words = [word for noun in PARENT for word in SYNONYMS[noun]]
    assert len({plural(word) for word in words} | set(words)) == 2 * len(words)
