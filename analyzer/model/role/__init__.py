"""Facts about the role of a chain: who may take it, what it grants, and what takes that away."""
