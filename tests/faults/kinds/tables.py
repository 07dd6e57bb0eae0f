"""Folders with scores, predictions or masks, as CSV or as Parquet, that cannot be judged."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.table import Bad

HEAD, SUMMARY = "task,arm,seed,score\n", "task,arm,mean,std,n\n"
METRIC, BOTH = "task,arm,seed,score,metric\n", "task,arm,seed,score,mean,std,n\n"
FULL = "".join(f"sst2,full,{seed},0.9{seed}\n" for seed in range(3))
SCORES = HEAD + FULL
MASK_HEAD = "task,seed,layer,mlp,head0,head1\n"
MASKS = MASK_HEAD + "".join(f"sst2,{seed},{layer},1,{seed % 2},1\n" for seed in range(3) for layer in range(2))
LONG = "9" * 5000


PREDICTION_HEAD = "task,arm,seed,example,prediction,label\n"
PREDICTIONS = PREDICTION_HEAD + "".join(f"rte,full,{seed},{at},1,{at}\n" for seed in range(2) for at in range(2))


def folder(name: str, make: Callable[[Path], object], says: str = "") -> Bad:
    """A folder in which `make` makes one of the two files. The other one is good."""

    def written(place: Path) -> str:
        root = place / "mine"
        root.mkdir()
        if name != "scores.csv":
            (root / "scores.csv").write_text(SCORES)
        make(root / name)
        return str(root)

    return Bad(written, says)


def scores(content: str | bytes, says: str = "") -> Bad:
    """A folder whose scores.csv has this content."""
    data = content if isinstance(content, bytes) else content.encode()
    return folder("scores.csv", lambda file: file.write_bytes(data), says)


def masks(content: str | bytes, says: str = "") -> Bad:
    """A folder with good scores whose masks.csv has this content."""
    data = content if isinstance(content, bytes) else content.encode()
    return folder("masks.csv", lambda file: file.write_bytes(data), says)


def predictions(content: str | bytes, says: str = "") -> Bad:
    """A folder with good scores whose predictions.csv has this content."""
    data = content if isinstance(content, bytes) else content.encode()
    return folder("predictions.csv", lambda file: file.write_bytes(data), says)


def predicted(text: str, says: str) -> Bad:
    """One bad line of predictions, the last of five below the header."""
    return predictions(f"{PREDICTIONS}{text}\n", f"predictions.csv{says}")


def parquet(says: str, name: str = "predictions.parquet", **columns: list[Any]) -> Bad:
    """A folder with good scores whose Parquet file has these columns instead of good ones."""

    def write(file: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table(GOOD_PARQUET | columns), file)

    return folder(name, write, f"{name}{says}")


def torn(share: float) -> Callable[[Path], object]:
    """Writes a Parquet file and cuts it off."""

    def write(file: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table(GOOD_PARQUET), file)
        os.truncate(file, int(share * file.stat().st_size))

    return write


GOOD_PARQUET: dict[str, list[Any]] = {
    "task": ["rte", "rte"],
    "arm": ["full", "full"],
    "seed": [0, 0],
    "example": ["a", "b"],
    "prediction": [1, 1],
    "label": [0, 1],
}


def line(text: str, says: str) -> Bad:
    """One bad line, the last of four below the header."""
    return scores(f"{SCORES}{text}\n", f"scores.csv:5{says}")


def summary(text: str, says: str) -> Bad:
    """One bad line in the form of one line an arm."""
    return scores(f"{SUMMARY}sst2,full,0.92,0.01,5\n{text}\n", f"scores.csv:3, column {says}")


def layer(text: str, says: str) -> Bad:
    """One bad line of masks, the last of seven below the header."""
    return masks(f"{MASKS}{text}\n", f"masks.csv{says}")


OTHER_FILES: Mapping[str, Callable[[Path], object]] = {
    "a folder in place of the file": lambda file: file.mkdir(),
    "a named pipe": os.mkfifo,
    "an endless device": lambda file: file.symlink_to("/dev/zero"),
    "a link to itself": lambda file: file.symlink_to(file),
    "a terabyte of nothing": lambda file: (file.touch(), os.truncate(file, 1 << 40)),
}

SCORE_TABLES: dict[str, Bad] = {
    "no scores.csv": folder("other.csv", lambda file: (file.parent / "scores.csv").unlink(), "No such file"),
    **{name: folder("scores.csv", make, "scores.csv") for name, make in OTHER_FILES.items()},
    "an empty file": scores("", "empty"),
    "a blank line alone": scores("\n", "empty"),
    "a header alone": scores(HEAD, "no line below the header"),
    "no header": scores(FULL, "no column"),
    "semicolons": scores(SCORES.replace(",", ";"), "no column"),
    "tabs": scores(SCORES.replace(",", "\t"), "no column"),
    "UTF-16": scores(SCORES.encode("utf-16"), "not UTF-8"),
    "latin-1": scores(f"{SCORES}sst2,ünlike,1,0.9\n".encode("latin-1"), ":5: not UTF-8"),
    "NUL bytes": scores(bytes(1000)),
    "a picture": scores(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not UTF-8"),
    "JSON": scores('{"schema": 2}', "no column"),
    "a bad quote in the header": scores('"task"x,arm,seed,score\nsst2,full,0,0.9\n', "scores.csv:1"),
    "an open quote": scores(f'{SCORES}sst2,"full,1,0.9\n', "scores.csv:"),
    "a bad quote in a line": line('sst2,"full"x,9,0.9', ": "),
    "a column twice": scores("task,arm,arm,seed,score\n", "column arm: it stands twice"),
    "a misspelt column": scores("task,arm,seed,scores\nsst2,full,0,0.9\n", "is it 'scores'?"),
    "a mean without std beside scores": scores("task,arm,seed,score,mean\nsst2,full,0,0.9,0.9\n", "no column std"),
    "both forms in a line": scores(f"{BOTH}sst2,full,0,0.9,0.9,0.1,5\n", "scores.csv:2, column mean: '0.9' beside"),
    "neither form in a line": scores(f"{BOTH}sst2,full,,,,,\n", "scores.csv:2, column score: ''"),
    "a mean after single scores": scores(f"{BOTH}sst2,full,0,0.9,,,\nsst2,full,,,0.9,0.1,5\n", ":3, column arm"),
    "a ddof of 2": scores("task,arm,mean,std,n,ddof\nsst2,full,0.9,0.1,5,2\n", "scores.csv:2, column ddof: '2'"),
    "no std": scores("task,arm,mean,n\nsst2,full,0.9,5\n", "no column std"),
    "20,000 columns": scores(",".join(f"c{at}" for at in range(20_000)), "20000 columns"),
    "9,000 columns": scores(",".join(f"c{at}" for at in range(9_000)), "no column task"),
    "a cell of 200,000 characters": line(f"sst2,{'a' * 200_000},9,0.9", ": field larger"),
    "too few cells": line("sst2,full,0.9", ": 3 cells"),
    "too many cells": line("sst2,full,9,0.9,0.9", ": 5 cells"),
    "an unknown task": line("sst3,full,9,0.9", ", column task: no task 'sst3'"),
    "a task of your own that nobody named": line("my.tasks:VOICE,full,9,0.9", ", column task"),
    "an unknown task with an unknown metric": scores(f"{METRIC}hans,full,0,0.9,bleu\n", ":2, column metric: 'bleu'"),
    "an unknown task without a majority": scores(f"{METRIC}hans,full,0,0.9,accuracy\n", "no line of the arm majority"),
    "another metric than the task's": scores(f"{METRIC}mrpc,full,0,0.9,f1\n", ":2, column metric: 'f1'"),
    "an escape in a task": line("ss\x1b[31mt2,full,9,0.9", ", column task"),
    "a task without full": scores(f"{SCORES}rte,imp@0.7,9,0.9\n", "no scores of full on rte"),
    "an unknown arm": line("sst2,s-god retrained,9,0.9", ", column arm: no arm 's-god retrained'"),
    "an empty arm": line("sst2,,9,0.9", ", column arm: ''"),
    "a sparsity of 70": line("sst2,imp@70,9,0.9", ", column arm: 'imp@70'"),
    "a sparsity of 5,000 digits": line(f"sst2,imp@{LONG},9,0.9", ", column arm"),
    "a line break in an arm": scores(f'{SCORES}sst2,"im\np@0.7",9,0.9\n', "column arm: 'im\\np@0.7'"),
    "a carriage return in an arm": scores(f'{SCORES}sst2,"im\rp@0.7",9,0.9\n', "column arm: 'im\\rp@0.7'"),
    "an escape in an arm": line("sst2,im\x1b[2Jp@0.7,9,0.9", ", column arm: 'im\\x1b[2Jp@0.7'"),
    "text that runs backwards in an arm": line("sst2,im\u202ep@0.7,9,0.9", ", column arm: 'im\\u202ep@0.7'"),
    "a NUL in an arm": line("sst2,im\0p@0.7,9,0.9", ", column arm: 'im\\x00p@0.7'"),
    "a seed twice": line("sst2,full,2,0.9", ", column seed: a second score"),
    "a seed in words": line("sst2,full,one,0.9", ", column seed: 'one'"),
    "a negative seed": line("sst2,full,-1,0.9", ", column seed: '-1'"),
    "a seed of a half": line("sst2,full,1.5,0.9", ", column seed: '1.5'"),
    "a seed of ²": line("sst2,full,²,0.9", ", column seed: '²'"),
    "a seed of 400 digits": line(f"sst2,full,{'9' * 400},0.9", ", column seed: '999"),
    "a seed of 5,000 digits": line(f"sst2,full,{LONG},0.9", ", column seed: '999"),
    "no score": line("sst2,full,9,", ", column score: ''"),
    "a score in words": line("sst2,full,9,good", ", column score: 'good'"),
    "a score in percent": line("sst2,full,9,92.1", ", column score: 92.1"),
    "a score of nan": line("sst2,full,9,nan", ", column score: 'nan'"),
    "an infinite score": line("sst2,full,9,-inf", ", column score: '-inf'"),
    "a score with a comma": line('sst2,full,9,"0,9"', ", column score: '0,9'"),
    "a score of 1e308": line("sst2,full,9,1e308", ", column score: '1e308'"),
    "a score of 1e400": line("sst2,full,9,1e400", ", column score: '1e400'"),
    "a score of 400 digits": line(f"sst2,full,9,{'9' * 400}", ", column score: '999"),
    "a score of 5,000 digits": line(f"sst2,full,9,0.{LONG}x", ", column score: '0.999"),
    "a kappa of 1e308": line("sst2,s-kappa of heads,9,1e308", ", column score: '1e308'"),
    "a std of 1e300": summary("sst2,imp@0.7,0.9,1e300,5", "std: '1e300'"),
    "a negative std": summary("sst2,imp@0.7,0.9,-0.1,5", "std: -0.1"),
    "a std in words": summary("sst2,imp@0.7,0.9,small,5", "std: 'small'"),
    "an n of zero": summary("sst2,imp@0.7,0.9,0.1,0", "n: '0'"),
    "an n of a half": summary("sst2,imp@0.7,0.9,0.1,2.5", "n: '2.5'"),
    "an n of 5,000 digits": summary(f"sst2,imp@0.7,0.9,0.1,{LONG}", "n: '999"),
    "a mean of 1e308": summary("sst2,imp@0.7,1e308,0.1,5", "mean: '1e308'"),
    "no mean": summary("sst2,imp@0.7,,0.1,5", "mean: ''"),
    "an arm twice": summary("sst2,full,0.9,0.1,3", "arm: a second line"),
}

MASK_TABLES: dict[str, Bad] = {
    **{name: folder("masks.csv", make, "masks.csv") for name, make in OTHER_FILES.items()},
    "a link to nothing": folder("masks.csv", lambda file: file.symlink_to("nowhere"), "No such file"),
    "an empty file": masks("", "empty"),
    "a header alone": masks(MASK_HEAD, "no line below the header"),
    "no header": masks(MASKS.partition("\n")[2], "column 0: it stands twice"),
    "UTF-16": masks(MASKS.encode("utf-16"), "not UTF-8"),
    "NUL bytes": masks(bytes(1000)),
    "semicolons": masks(MASKS.replace(",", ";"), "no column"),
    "a bad quote in the header": masks(f'"task"x,{MASKS}', "masks.csv:1"),
    "an open quote": masks(f'{MASKS}"sst2,9,0,1,1,1\n', "masks.csv:"),
    "a column twice": masks(MASKS.replace("head1", "head0"), "column head0: it stands twice"),
    "heads out of order": masks(MASKS.replace("head0,head1", "head1,head0"), "column head1"),
    "a head left out": masks(MASKS.replace("head1", "head2"), "head0, head2"),
    "neither MLPs nor heads": masks("task,seed,layer,ffn\nsst2,0,0,1\n", "no column mlp"),
    "20,000 heads": masks(f"task,seed,layer,mlp,{','.join(f'head{at}' for at in range(20_000))}\n", "20004 columns"),
    "9,000 heads out of order": masks(
        f"task,seed,layer,mlp,head0,{','.join(f'head{at}' for at in range(9_000, 1, -1))}\n", "column head0"
    ),
    "too few cells": layer("sst2,9,0,1,1", ":8: 5 cells"),
    "an unknown task": layer("sst3,9,0,1,1,1", ":8, column task"),
    "an escape in a task": layer("s\x1b[31mst2,9,0,1,1,1", ":8, column task"),
    "a seed in words": layer("sst2,one,0,1,1,1", ":8, column seed: 'one'"),
    "a seed of 5,000 digits": layer(f"sst2,{LONG},0,1,1,1", ":8, column seed: '999"),
    "a layer of 1,000,000,000": layer("sst2,0,1000000000,1,1,1", ", column layer: no layer 2 of sst2"),
    "a layer of 5,000 digits": layer(f"sst2,0,{LONG},1,1,1", ":8, column layer: '999"),
    "a negative layer": layer("sst2,0,-1,1,1,1", ":8, column layer: '-1'"),
    "a layer twice": layer("sst2,0,1,1,1,1", ":8, column layer: a second layer 1"),
    "a layer left out": layer("sst2,9,1,1,1,1", ", column layer: no layer 0"),
    "a gate of 2": layer("sst2,9,0,1,2,1", ":8, column head0: '2'"),
    "an MLP in words": layer("sst2,9,0,yes,1,1", ":8, column mlp: 'yes'"),
    "a gate of a half": layer("sst2,9,0,1,0.5,1", ":8, column head0: '0.5'"),
    "no gate": layer("sst2,9,0,1,,1", ":8, column head0: ''"),
    "a gate of 5,000 digits": layer(f"sst2,9,0,1,{LONG},1", ":8, column head0: '999"),
    "a line break in a task": masks(f'{MASKS}"ss\nt2",9,0,1,1,1\n', "column task"),
}

PREDICTION_TABLES: dict[str, Bad] = {
    **{name: folder("predictions.csv", make, "predictions.csv") for name, make in OTHER_FILES.items()},
    "an empty file": predictions("", "empty"),
    "a header alone": predictions(PREDICTION_HEAD, "no line below the header"),
    "no labels": predictions("task,arm,seed,example,prediction\n", "no column label"),
    "UTF-16": predictions(PREDICTIONS.encode("utf-16"), "not UTF-8"),
    "too few cells": predicted("rte,full,0,2,1", ":6: 5 cells"),
    "an unknown task": predicted("sst3,full,0,2,1,1", ":6, column task: no task 'sst3'"),
    "a task of tokens": predicted("mlm,full,0,2,1,1", ":6, column task: mlm"),
    "an arm whose scores are given": predicted("sst2,full,0,2,1,1", ": predictions of full on sst2, whose scores"),
    "a seed of a half": predicted("rte,full,0.5,0,1,1", ":6, column seed: '0.5'"),
    "an example twice": predicted("rte,full,0,0,1,0", ":6, column example: a second prediction"),
    "an example left out": predicted("rte,full,2,0,1,0", ", column example: no prediction of full on rte with seed 2"),
    "an example of one run": predicted(
        "rte,full,0,9,1,0", ", column example: no prediction of full on rte with seed 1"
    ),
    "another label": predicted("rte,full,2,0,1,1", ":6, column label: '1' for example '0'"),
    "a class of 2": predicted("rte,full,0,9,2,1", ":6, column prediction: '2'"),
    "no prediction": predicted("rte,full,0,9,,1", ":6, column prediction: ''"),
    "a number in words": predicted("stsb,full,0,9,high,1", ":6, column prediction: 'high'"),
    "a number of 1e308": predicted("stsb,full,0,9,1e308,1", ":6, column prediction: '1e308'"),
    "a number of nan": predicted("stsb,full,0,9,nan,1", ":6, column prediction: 'nan'"),
    "an answer that is torn": predicted('squad,full,0,9,tea,"[""tea"""', ":6, column label"),
    "no answer": predicted("squad,full,0,9,tea,", ":6, column label: ''"),
    "an escape in an example": predicted("rte,full,2,\x1b[2J,1,1", ", column example: no prediction of full"),
}

PARQUET_TABLES: dict[str, Bad] = {
    **{name: folder("scores.parquet", make) for name, make in OTHER_FILES.items()},
    "CSV beside it": folder("scores.parquet", lambda file: file.touch(), "scores.csv and scores.parquet"),
    "an empty file": folder("masks.parquet", lambda file: file.touch(), "not Parquet, or damaged"),
    "CSV in it": folder("predictions.parquet", lambda file: file.write_text(PREDICTIONS), "not Parquet, or damaged"),
    "half of a file": folder("predictions.parquet", torn(0.5), "not Parquet, or damaged"),
    "all but its end": folder("predictions.parquet", torn(0.99), "not Parquet, or damaged"),
    "no rows": parquet(": no line below the header", **{name: [] for name in GOOD_PARQUET}),
    "no heads": parquet(": no column layer", "masks.parquet"),
    "lists in place of numbers": parquet(", row 1, column prediction: 'list<", prediction=[[1], [0]]),
    "bytes in place of names": parquet(", row 1, column task: no task 'binary'", task=[b"rte", b"rte"]),
    "a missing value": parquet(", row 2, column prediction: ''", prediction=[1, None]),
    "a seed of a half": parquet(", row 1, column seed: '0.5'", seed=[0.5, 0.5]),
    "an infinite number": parquet(", row 2, column label: 'inf'", task=["stsb", "stsb"], label=[0.0, math.inf]),
    "an example twice": parquet(", row 2, column example: a second prediction", example=["a", "a"]),
    "an escape in a task": parquet(", row 1, column task", task=["r\x1b[31mte", "rte"]),
}

BY_COMMAND = ("a named pipe", "a bad quote in the header", "an escape in a task", "UTF-16", "20,000 columns")
"""Cases that come through `lth decide` too, which reads a folder in the same way as pytest does."""

KINDS: dict[str, dict[str, Bad]] = {
    "scores folder": SCORE_TABLES,
    "masks folder": MASK_TABLES,
    "predictions folder": PREDICTION_TABLES,
    "Parquet folder": PARQUET_TABLES,
    "folder": {
        **{f"scores: {name}": SCORE_TABLES[name] for name in (*BY_COMMAND, "a kappa of 1e308", "a std of 1e300")},
        **{f"masks: {name}": MASK_TABLES[name] for name in (*BY_COMMAND[:4], "a layer of 1,000,000,000")},
    },
}
