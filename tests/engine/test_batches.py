import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lth.engine.batches import BUCKET, Encoded, batches, evaluation_order, training_order

LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=300).map(np.array)


@given(LENGTHS, st.integers(1, 16), st.integers(0, 5))
def test_an_epoch_visits_every_example_once(lengths: np.ndarray, batch: int, seed: int) -> None:
    order = training_order(lengths, batch, torch.Generator().manual_seed(seed))
    assert sorted(index for indices in order for index in indices) == list(range(len(lengths)))
    assert max(map(len, order)) <= batch
    assert len(order) == -(-len(lengths) // batch)


@given(LENGTHS, st.integers(1, 16))
def test_evaluation_visits_every_example_once_and_in_order_of_length(lengths: np.ndarray, batch: int) -> None:
    order = [index for indices in evaluation_order(lengths, batch) for index in indices]
    assert sorted(order) == list(range(len(lengths)))
    assert list(lengths[order]) == sorted(lengths)


def test_the_order_depends_on_the_seed_and_differs_between_epochs() -> None:
    lengths = np.arange(100) % 7 + 3
    generator = torch.Generator().manual_seed(1)
    first, second = (training_order(lengths, 8, generator) for _ in range(2))
    assert first != second
    assert first == training_order(lengths, 8, torch.Generator().manual_seed(1))
    assert first != training_order(lengths, 8, torch.Generator().manual_seed(2))


def test_buckets_by_length_leave_little_padding() -> None:
    lengths = np.random.default_rng(0).integers(3, 60, size=8 * BUCKET)
    order = training_order(lengths, 8, torch.Generator().manual_seed(0))
    padded = sum(len(indices) * lengths[indices].max() for indices in order)
    assert padded < 1.06 * lengths.sum()


def test_rows_are_padded_to_the_longest_of_their_batch_and_the_mask_says_where() -> None:
    features = [{"input_ids": [2, 7, 3], "token_type_ids": [0, 0, 0]}, {"input_ids": [2, 3], "token_type_ids": [0, 1]}]
    encoded = Encoded(features, np.array([1, 0], dtype=np.float32), pad=9)
    ((inputs, targets),) = batches(encoded, [[1, 0]], torch.device("cpu"))
    assert inputs["input_ids"].tolist() == [[2, 3, 9], [2, 7, 3]]
    assert inputs["token_type_ids"].tolist() == [[0, 1, 0], [0, 0, 0]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert targets.tolist() == [0.0, 1.0]
