"""Plans and how they are carried out: queue, executors, store."""
