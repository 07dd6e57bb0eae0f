"""What a run says, as typed rows with a versioned schema: built from decisions, written, read."""
