"""The application: pytest plugin, command line, options, a run from its options to its verdicts."""
