"""A rule for insights-core that parses every list of Secrets: what that framework needs for the least work.

Run with ``insights-run -p bench.insights_rule FOLDER``.
"""

from insights import YAMLParser, make_pass, parser, rule
from insights.core.context import ExecutionContext
from insights.core.spec_factory import SpecSet, glob_file


class BundleContext(ExecutionContext):
    """A folder that ``oc adm inspect`` wrote."""

    marker = "cluster-scoped-resources"


class Bundle(SpecSet):
    """The files of one that the rule reads."""

    secrets = glob_file("namespaces/*/core/secrets.yaml", context=BundleContext)


@parser(Bundle.secrets)
class Secrets(YAMLParser):
    """The Secrets of a namespace."""


@rule(Secrets)
def lists(secrets: list[Secrets]) -> object:
    """Count the lists."""
    return make_pass("SECRETS", lists=len(secrets))
