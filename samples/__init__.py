"""Made-up OpenShift clusters with AWS STS: the bundles and exports that the samples and the tests read."""

from samples.aws import HttpError, Provider, Role
from samples.cluster import Cluster, Secret
from samples.operators import Condition

__all__ = ["Cluster", "Condition", "HttpError", "Provider", "Role", "Secret"]
