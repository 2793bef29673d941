"""How the evidence fits together: chains, and the facts that rules ask about."""
