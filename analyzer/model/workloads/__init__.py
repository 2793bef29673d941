"""Facts about what runs: pods with their tokens, their Secrets, the webhook that changes them."""
