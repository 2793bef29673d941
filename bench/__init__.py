"""How long a run takes on bundles of real size: `python -m bench --help`."""
