"""One fault for every rule: what breaks, what must be said of it, and what proves it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from samples import Cluster, Condition, HttpError, Provider, Role, Secret, edits, faults, logs
from samples.aws import EXAMPLE if False else static_credentials  # type: ignore  # placeholder
