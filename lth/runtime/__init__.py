"""Makes plans and runs them: queue, executors, store."""
