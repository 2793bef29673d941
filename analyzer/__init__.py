"""Offline diagnosis of AWS STS authentication in OpenShift must-gather bundles."""

__version__ = "0.1.0"
