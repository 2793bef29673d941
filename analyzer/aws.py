"""The way to AWS: the only module that imports boto3, loaded for export-aws and for s3:// inputs alone.

Region, credentials and endpoint are those of the user's own AWS settings, the usual environment
variables among them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 …).
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from urllib3.exceptions import HTTPError

from analyzer.errors import UsageProblem

BROKEN = (BotoCoreError, HTTPError, OSError)
"""What reading an answer raises where the connection breaks."""

__all__ = ["BROKEN", "IAM", "S3", "BotoCoreError", "ClientError", "NoCredentialsError", "clients"]


IAM = Config(retries={"mode": "adaptive", "max_attempts": 12}, user_agent_extra="sts-doctor")
"""AWS limits IAM calls for a whole account: this slows down before it is told to."""

S3 = Config(retries={"mode": "standard", "max_attempts": 5}, user_agent_extra="sts-doctor")


def clients(*services: str, config: Config, region: str | None = None) -> list[Any]:
    """Make a client for each service. Raises UsageProblem for settings that cannot be used."""
    settings = tuple(sorted(pair for pair in os.environ.items() if pair[0].startswith("AWS_")))
    try:
        session = _session(settings, region)
        where = session.region_name or "us-east-1"
        return [session.client(name, region_name=where, config=config) for name in services]
    except (BotoCoreError, ValueError) as error:
        raise UsageProblem(f"the AWS settings cannot be used: {error}") from None


@lru_cache(maxsize=1)
def _session(_settings: tuple[tuple[str, str], ...], region: str | None) -> boto3.Session:
    """Make a session for these settings once: what it has loaded serves the forks of this process too."""
    return boto3.Session(region_name=region)
