"""The policy evaluator: traps, corpora, properties."""
