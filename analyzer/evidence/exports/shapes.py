"""The exports that are read: one table of shapes, each with the module that knows it.

A format is added by a module with its ``SHAPES``, a line here, and its keys in ``keys``. Order matters
nowhere: an object is given to every shape whose keys it has.
"""

from __future__ import annotations

from analyzer.evidence.exports import (
    aws_cli,
    aws_config,
    bare_policies,
    cloudformation,
    cloudtrail,
    issuer_hosts,
    not_relevant,
    organizations,
    rosa,
    simulations,
    steampipe,
    terraform,
    web_identity,
)
from analyzer.evidence.exports.shape import Shape

SHAPES: tuple[Shape, ...] = (
    *aws_cli.SHAPES,
    *aws_config.SHAPES,
    *bare_policies.SHAPES,
    *cloudformation.SHAPES,
    *cloudtrail.SHAPES,
    *issuer_hosts.SHAPES,
    *not_relevant.SHAPES,
    *organizations.SHAPES,
    *rosa.SHAPES,
    *simulations.SHAPES,
    *steampipe.SHAPES,
    *terraform.SHAPES,
    *web_identity.SHAPES,
)
