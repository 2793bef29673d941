"""Exports of AWS and of the tools around it: what they hold of roles, providers and policies."""
