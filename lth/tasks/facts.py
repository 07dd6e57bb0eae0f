"""What is known about each task before any of its data is read: columns, labels, metrics, sizes and places.

This module reads no file and imports no library. Sources: GLUE (Wang et al. 2018, arXiv 1804.07461, table 1 and the
files of its download script), SQuAD 1.1 (arXiv 1606.05250), WikiText-2 (arXiv 1609.07843), Chen et al. 2020 (arXiv
2007.12223).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lth.lab.tasks import LabTask

Kind = Literal["classification", "regression", "span", "mlm"]
Family = Literal["single sentence", "similarity", "inference", "reading", "language model"]


@dataclass(frozen=True)
class Files:
    """Where the official files of a task are, and how they are written. A task without files has no `folder`.

    `columns` are the files' names of the inputs, then of the label. `header` are the column names of files without a
    header line. `codes` are the labels as the files write them, in the order of `Task.labels`. `blemished` means that
    the official files themselves have torn lines (a line break within a field) and a few empty inputs.
    """

    folder: str = ""
    columns: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    train: str = "train.tsv"
    dev: str = "dev.tsv"
    extra: tuple[tuple[str, str], ...] = ()
    header: tuple[str, ...] = ()
    blemished: bool = False


@dataclass(frozen=True)
class Hub:
    """A dataset on the Hugging Face hub, pinned to one revision (a commit hash), so its content cannot change.

    A task that is not on the hub has no `path`.
    """

    path: str = ""
    config: str = "default"
    revision: str = ""
    dev: str = "validation"
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task.

    `kind` is the form of the answer, and so of the model's head. `family` is GLUE's group of similar tasks. `labels`
    are the label names in the order of their integers, () unless the kind is classification. `metrics` are shares of 1,
    the primary one first. `sparsity` is the share of weights removed at which Chen et al. find a winning ticket (their
    table 2). `sizes` are the official numbers of train and dev examples.

    The examples are in `files`, on the `hub`, or made by the `lab`; the lab itself lists the tasks of this package that
    it makes. Of a task of your own, `get_task` fills in `name` and `source`, the SHA-256 of the file that defines it.
    """

    name: str = ""
    kind: Kind
    family: Family
    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    sparsity: float
    sizes: tuple[int, int]
    files: Files = Files()
    hub: Hub = Hub()
    lab: LabTask | None = None
    source: str = ""

    @property
    def metric(self) -> str:
        """The primary metric, the one that claims are about."""
        return self.metrics[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a loaded split: the inputs and "label". mlm has no label: its labels come from masking.

        Spans have "id", the inputs and "answers": {"text": [...], "answer_start": [...]}, as on the hub.
        """
        if self.kind == "span":
            return ("id", *self.inputs, "answers")
        return self.inputs if self.kind == "mlm" else (*self.inputs, "label")

    @property
    def folder(self) -> str:
        """The folder of the task's files in the official layout."""
        return self.files.folder


def _glue(config: str, dev: str = "validation", extra: tuple[tuple[str, str], ...] = ()) -> Hub:
    return Hub("nyu-mll/glue", config, "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c", dev, extra)


_ENTAILMENT = ("entailment", "not_entailment")
_ALL = (
    Task(
        name="cola",
        kind="classification",
        family="single sentence",
        inputs=("sentence",),
        labels=("unacceptable", "acceptable"),
        metrics=("matthews_correlation",),
        sparsity=0.5,
        sizes=(8_551, 1_043),
        files=Files("CoLA", ("sentence", "label"), ("0", "1"), header=("source", "label", "mark", "sentence")),
        hub=_glue("cola"),
    ),
    Task(
        name="sst2",
        kind="classification",
        family="single sentence",
        inputs=("sentence",),
        labels=("negative", "positive"),
        metrics=("accuracy",),
        sparsity=0.6,
        sizes=(67_349, 872),
        files=Files("SST-2", ("sentence", "label"), ("0", "1")),
        hub=_glue("sst2"),
    ),
    Task(
        name="mrpc",
        kind="classification",
        family="similarity",
        inputs=("sentence1", "sentence2"),
        labels=("not_equivalent", "equivalent"),
        metrics=("accuracy", "f1"),
        sparsity=0.5,
        sizes=(3_668, 408),
        files=Files("MRPC", ("#1 String", "#2 String", "Quality"), ("0", "1")),
        hub=_glue("mrpc"),
    ),
    Task(
        name="stsb",
        kind="regression",
        family="similarity",
        inputs=("sentence1", "sentence2"),
        labels=(),
        metrics=("pearson", "spearman"),
        sparsity=0.5,
        sizes=(5_749, 1_500),
        files=Files("STS-B", ("sentence1", "sentence2", "score")),
        hub=_glue("stsb"),
    ),
    Task(
        name="qqp",
        kind="classification",
        family="similarity",
        inputs=("question1", "question2"),
        labels=("not_duplicate", "duplicate"),
        metrics=("accuracy", "f1"),
        sparsity=0.9,
        sizes=(363_846, 40_430),
        files=Files("QQP", ("question1", "question2", "is_duplicate"), ("0", "1"), blemished=True),
        hub=_glue("qqp"),
    ),
    Task(
        name="mnli",
        kind="classification",
        family="inference",
        inputs=("premise", "hypothesis"),
        labels=("entailment", "neutral", "contradiction"),
        metrics=("accuracy",),
        sparsity=0.7,
        sizes=(392_702, 9_815),
        files=Files(
            "MNLI",
            ("sentence1", "sentence2", "gold_label"),
            ("entailment", "neutral", "contradiction"),
            dev="dev_matched.tsv",
            extra=(("mismatched", "dev_mismatched.tsv"),),
        ),
        hub=_glue("mnli", "validation_matched", (("mismatched", "validation_mismatched"),)),
    ),
    Task(
        name="qnli",
        kind="classification",
        family="inference",
        inputs=("question", "sentence"),
        labels=_ENTAILMENT,
        metrics=("accuracy",),
        sparsity=0.7,
        sizes=(104_743, 5_463),
        files=Files("QNLI", ("question", "sentence", "label"), _ENTAILMENT),
        hub=_glue("qnli"),
    ),
    Task(
        name="rte",
        kind="classification",
        family="inference",
        inputs=("sentence1", "sentence2"),
        labels=_ENTAILMENT,
        metrics=("accuracy",),
        sparsity=0.6,
        sizes=(2_490, 277),
        files=Files("RTE", ("sentence1", "sentence2", "label"), _ENTAILMENT),
        hub=_glue("rte"),
    ),
    Task(
        name="wnli",
        kind="classification",
        family="inference",
        inputs=("sentence1", "sentence2"),
        labels=("not_entailment", "entailment"),
        metrics=("accuracy",),
        sparsity=0.9,
        sizes=(635, 71),
        files=Files("WNLI", ("sentence1", "sentence2", "label"), ("0", "1")),
        hub=_glue("wnli"),
    ),
    Task(
        name="squad",
        kind="span",
        family="reading",
        inputs=("question", "context"),
        labels=(),
        metrics=("f1", "exact_match"),
        sparsity=0.4,
        sizes=(87_599, 10_570),
        files=Files("squad", train="train-v1.1.json", dev="dev-v1.1.json"),
        hub=Hub("rajpurkar/squad", "plain_text", "7b6d24c440a36b6815f21b70d25016731768db1f"),
    ),
    Task(
        name="mlm",
        kind="mlm",
        family="language model",
        inputs=("text",),
        labels=(),
        metrics=("accuracy",),
        sparsity=0.7,
        sizes=(23_767, 2_461),  # lines that are not blank, out of 36,718 and 3,760
        files=Files("wikitext-2", train="wiki.train.tokens", dev="wiki.valid.tokens"),
        hub=Hub("Salesforce/wikitext", "wikitext-2-v1", "b08601e04326c79dfdd32d625aee71d232d685c3"),
    ),
)

TASKS: dict[str, Task] = {task.name: task for task in _ALL}
