"""What came out: findings, verdicts, what is missing, and the report that holds them."""
