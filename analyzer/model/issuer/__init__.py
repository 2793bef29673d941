"""Facts about the issuer: its documents, its keys, tokens, and the provider in IAM that stands for it."""
