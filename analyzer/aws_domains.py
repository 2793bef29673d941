"""The domains that the services of AWS's partitions are under, as botocore's ``partitions.json`` has them."""

from __future__ import annotations

import re
from collections.abc import Mapping

DNS_SUFFIXES: Mapping[str, str] = {
    "aws": "amazonaws.com",
    "aws-us-gov": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
}
"""Domain by partition."""

_DUAL_STACK = ("api.aws", "api.amazonwebservices.com.cn", "api.amazonwebservices.eu")

SERVICE = "|".join(map(re.escape, sorted(set(DNS_SUFFIXES.values()), key=len, reverse=True)))
"""Alternatives of a pattern for the domain of a service, the longest first."""

ANY = "|".join((SERVICE, *map(re.escape, _DUAL_STACK)))
"""The same, with the domains of endpoints that speak IPv6 too."""

OF_ROSA = ("openshiftapps.com", "openshiftusgov.com")
"""Red Hat's domains, under which it serves the issuers of ROSA: they are public as AWS's are."""
