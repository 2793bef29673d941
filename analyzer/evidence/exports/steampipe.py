"""Steampipe's tables of IAM (aws_iam_role, aws_iam_policy, aws_iam_open_id_connect_provider), JSON and CSV.

The columns that end in ``_std`` are never read: they are in small letters, and IAM compares values to
the byte.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

from analyzer.bundle.document import Document, Map, Seq, pack_mark
from analyzer.evidence.exports import iam_objects
from analyzer.evidence.exports.aws_config import opened
from analyzer.evidence.exports.cloudtrail import ATHENA
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, ManagedPolicy, PolicyDocument, ProviderRecord, RoleRecord
from analyzer.evidence.values import items, mapping, text

_WHAT = "Steampipe"
_OF_A_ROLE = ("assume_role_policy", "inline_policies", "attached_policy_arns")
_TOLD_BY = {*_OF_A_ROLE, "client_id_list", "policy_std"}
_MOST_ROWS = 20_000
_LONGEST_CELL = 1 << 20


def _row(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    arn = text(value.get("arn")) or ""
    if ":role/" in arn and set(_OF_A_ROLE) & value.keys():
        yield _role(value, arn, where)
    elif ":oidc-provider/" in arn and "client_id_list" in value:
        url = text(value.get("url")) or arn.split(":oidc-provider/", 1)[1]
        yield ProviderRecord(
            url=url.removeprefix("https://"),
            arn=arn,
            client_ids=iam_objects.names(opened(value.get("client_id_list"))),
            thumbprints=iam_objects.names(opened(value.get("thumbprint_list"))),
            tags=iam_objects.tags(opened(value.get("tags"))),
            where=where,
        )
    elif ":policy/" in arn and value.get("policy") and {"policy_std", "is_attached"} & value.keys():
        name = text(value.get("name"))
        document = PolicyDocument(name or "", opened(value["policy"]), where.at("policy"), arn=arn)
        yield ManagedPolicy(arn, name, text(value.get("default_version_id")), (document,), where)


def _role(value: Mapping[str, Json], arn: str, where: Where) -> RoleRecord:
    # A column that was asked for and holds null says that there are none.
    inline = tuple(
        PolicyDocument(
            name, mapping(entry).get("PolicyDocument"), where.at("inline_policies", at, "PolicyDocument")
        )
        for at, entry in enumerate(items(opened(value.get("inline_policies"))))
        if (name := text(mapping(entry).get("PolicyName")))
    )
    arns = [found for entry in items(opened(value.get("attached_policy_arns"))) if (found := text(entry))]
    trust, session = value.get("assume_role_policy"), value.get("max_session_duration")
    session = int(session) if isinstance(session, str) and session.isdecimal() else session
    return RoleRecord(
        name=text(value.get("name")) or iam_objects.role_name_of(arn),
        arn=arn,
        trust=PolicyDocument("AssumeRolePolicyDocument", trust, where.at("assume_role_policy"))
        if trust
        else None,
        where=where,
        description=text(value.get("description")) or None,
        path=text(value.get("path")),
        created=text(value.get("create_date")),
        max_session=session if isinstance(session, int) and not isinstance(session, bool) else None,
        boundary_arn=text(value.get("permissions_boundary_arn")) or None,
        boundary_known="permissions_boundary_arn" in value,
        tags=iam_objects.tags(opened(value.get("tags"))),
        inline=inline,
        inline_names=tuple(one.name for one in inline) if "inline_policies" in value else None,
        attached=tuple((one.rsplit("/", 1)[-1], one) for one in arns)
        if "attached_policy_arns" in value
        else None,
    )


def csv_document(path: str, data: bytes) -> Document | None:
    """Read rows of Steampipe, or of CloudTrail from Athena, in CSV as a document; None for any other text."""
    header = data[:4096].split(b"\n", 1)[0]
    names = {name.strip('"') for name in header.decode("utf-8", "replace").strip().split(",")}
    if not ("arn" in names and _TOLD_BY & names) and not names >= ATHENA:
        return None
    import csv  # few inputs hold any

    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        return Document(path, data, 1, _rows(data), "yaml")
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(previous)


def _rows(data: bytes) -> Seq:
    from csv import DictReader

    rows, reader = Seq(), DictReader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    line = 1
    for cells in reader:
        if len(rows) == _MOST_ROWS:
            break
        row = Map(pack_mark(line, 0))
        for name, cell in cells.items():
            if isinstance(name, str) and isinstance(cell, str):
                row[name] = cell
                row.marks[name] = pack_mark(line, 0)
        rows.append(row)
        rows.marks.append(pack_mark(line, 0))
        line = reader.line_num
    return rows


SHAPES = (Shape(_WHAT, ("arn",), _row),)
