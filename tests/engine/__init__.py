"""The rule engine: expressions, rule files, evaluation."""
