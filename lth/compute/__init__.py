"""From an expression to its result. The engine's caller: it knows where inputs lie, not who asked."""
