"""Whether the cluster runs on AWS: by its Infrastructure, else by what only clusters on AWS show.

The release brings every cloud's CredentialsRequests to each cluster, and Manual with an issuer sets up the
workload identities of Azure and Google Cloud too. Neither of these tells the cloud.
"""

from __future__ import annotations

import re

from analyzer.aws_domains import ANY
from analyzer.engine.facts import Fact, Unknown
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.urls import is_red_hats, split_url
from analyzer.model.symptoms.from_conditions import condition_symptoms
from analyzer.patterns import later

_AWS_HOST = later(rf"(?:^|\.)(?:{ANY}|cloudfront\.net)$", re.IGNORECASE)


def platform_to_ask_for(joined: Joined) -> Unknown | None:
    """Give what would tell the cloud; None where it is told, or shows by what is there."""
    platform = joined.view.facts["cluster.platform"]
    if isinstance(platform, Fact) or _shows_aws(joined):
        return None
    return platform


def _shows_aws(joined: Joined) -> bool:
    """Tell whether Secrets, roles, issuer or errors show that the requests for AWS are in use."""
    issuer = joined.view.issuer or ""
    return (
        isinstance(joined.view.facts["cluster.region"], Fact)
        or joined.account_tied
        or any(chain.has_credentials or chain.static_keys or chain.hosted_role for chain in joined.chains)
        or is_red_hats(issuer)
        or _is_of_aws(issuer)
        or _logs_aws(joined)
        or any(condition_symptoms(chain, None, joined, None) for chain in joined.chains)
    )


def _is_of_aws(issuer: str) -> bool:
    try:
        host = split_url(issuer).hostname
    except ValueError:
        return False
    return host is not None and _AWS_HOST.search(host) is not None


def _logs_aws(joined: Joined) -> bool:
    """Tell whether something in a chain's namespace calls AWS."""
    spaces = {chain.namespace for chain in joined.chains}
    return any(symptom.namespace in spaces for symptom in joined.evidence.symptoms)
