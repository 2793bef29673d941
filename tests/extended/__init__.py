"""Rules of requests, workloads, operators and upgrades, end to end."""
