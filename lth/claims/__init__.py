"""The language of claims: claim, effects, arms."""
