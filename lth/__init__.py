"""Claims about lottery tickets in BERT as pytest tests: arms, evidence, an effect with its interval, a verdict."""

__version__ = "0.1.0"
