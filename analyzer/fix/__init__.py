"""Corrected documents for what is broken: each is judged by our own rules before it is offered."""
