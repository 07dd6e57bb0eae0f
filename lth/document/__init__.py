"""The document of a run, as typed rows with a versioned schema: built from decisions, written, read."""
