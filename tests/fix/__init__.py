"""Repairs: applied to a simulated account, and judged again."""
