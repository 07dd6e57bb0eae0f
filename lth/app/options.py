"""What a person may type about a claim run: every option with its help. Imports nothing."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "--task": {"metavar": "A,B|all", "help": "tasks to judge claims on (default: sst2)"},
    "--claims-source": {
        "metavar": "A,B|all",
        "help": "tasks whose tickets are tried on the others (default: those of --task)",
    },
    "--model": {
        "metavar": "lab|ID|FOLDER",
        "help": "pre-trained encoder: the embedded lab's (default), a hub id, a folder",
    },
    "--data": {"metavar": "lab|hub|FOLDER", "help": "examples (default: lab for the lab's model, hub otherwise)"},
    "--seeds": {
        "metavar": "N|A,B,C|auto[:MAX]",
        "help": "how many replicates, or which, or as many as open verdicts need (default: 5)",
    },
    "--claims-protocol": {
        "metavar": "NAME[:K=V,…]",
        "help": "training recipe: lab, paper or short, with changes (default: lab for the lab's model, else paper)",
    },
    "--claims-schedule": {
        "metavar": "TEXT",
        "help": "rounds of pruning: original:0.1 (of the original weights), remaining:0.1 or 0.3,0.5,0.7",
    },
    "--claims-sparsity": {"metavar": "SHARE", "help": "share of weights removed at which tickets are judged"},
    "--claims-prunable": {"choices": ["encoder", "paper"], "help": "the encoder's matrices, or those and the pooler"},
    "--claims-alpha": {"metavar": "P", "help": "error rate of each side of an interval (default: 0.05)"},
    "--claims-margin": {"metavar": "SHARE", "help": "share of the full score that still counts as matching (0.02)"},
    "--claims-method": {
        "choices": ["t", "bootstrap", "permutation"],
        "help": "how intervals are computed (default: t)",
    },
    "--claims-correction": {
        "choices": ["holm", "none"],
        "help": "correction of a paper's claims on several tasks (default: holm)",
    },
    "--claims-only": {"metavar": "ID,…", "help": "judge only these claims (shell patterns such as chen-2*)"},
    "--claims-skip": {"metavar": "ID,…", "help": "leave these claims out"},
    "--claims-strict": {"action": "store_true", "help": "INCONCLUSIVE fails"},
    "--claims-max-time": {
        "metavar": "MINUTES",
        "help": "begin no experiment after that, and judge the claims for which all is there",
    },
    "--claims-plan": {"action": "store_true", "help": "print what would be computed, and compute nothing"},
    "--claims-sort": {
        "choices": ["claim", "effect", "verdict"],
        "help": "order of the table's rows: as declared (default), largest effect first, or by verdict",
    },
    "--claims-group-by": {"choices": ["task", "claim"], "help": "what a block of the table is about (default: task)"},
    "--claims-columns": {
        "metavar": "A,B",
        "help": "some of statement, effect, region, seeds, verdict, pub, paper, mde (default: all that fit)",
    },
    "--claims-json": {"metavar": "FILE", "help": "write all verdicts and their evidence as JSON"},
    "--claims-report": {"metavar": "FILE", "help": "write a Markdown report with its pictures beside it"},
    "--claims-evidence": {
        "metavar": "measured|published|PLACE",
        "help": "judge what the papers published, a folder with scores.csv or a run saved as JSON (default: measured)",
    },
    "--claims-store": {"metavar": "FOLDER", "help": "where results are kept (default: .lth/store)"},
    "--claims-workers": {"metavar": "N", "help": "worker processes (default: one a core)"},
    "--claims-device": {"choices": ["auto", "cpu", "cuda", "mps"], "help": "where to compute (default: auto)"},
}


def destination(flag: str) -> str:
    """The name under which pytest keeps an option.

    >>> destination("--claims-plan")
    'claims_plan'
    """
    return flag.lstrip("-").replace("-", "_")
