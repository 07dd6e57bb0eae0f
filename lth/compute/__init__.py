"""Computes the results of expressions with the engine; knows where inputs are, not who asked."""
