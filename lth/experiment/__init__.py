"""The algebra of experiments, their plan, their store and who runs them. No torch but inside a worker."""
