"""The keys by which exports are told, apart from their readers: most runs hold no export."""

from __future__ import annotations

KEYS: tuple[str, ...] = (
    "ACL", "Account", "Arn", "AssumeRolePolicyDocument", "AttachedPolicies", "ClientIDList", "Content",
    "Credentials", "Distribution", "DistributionConfig", "DistributionList", "Error",
    "EvaluationResults", "Events", "InstanceProfiles", "JobStatus", "OpenIDConnectProviderArn",
    "OpenIDConnectProviderList", "PasswordPolicy", "Policies", "Policy", "PolicyDocument",
    "PolicyNames", "PolicyStatus", "PolicyVersion", "PublicAccessBlockConfiguration", "Records",
    "Resources", "Results", "Role", "RoleARN", "RoleDetailList", "Roles", "ServicesLastAccessed",
    "StackResourceSummaries", "StackResources", "Statement", "SubjectFromWebIdentityToken",
    "SummaryMap", "TemplateBody", "Users", "Versions", "arn", "aws", "baseConfigurationItems",
    "configurationItems", "eventSource", "eventsource", "planned_values", "prior_state", "resourceType",
    "resources", "values",
)  # fmt: skip
"""Keys of which each export that is read here holds at least one."""
