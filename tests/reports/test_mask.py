"""Nothing of a masked value is left in any format, in no encoding, and not in part."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageProblem
from analyzer.findings.diff import compare
from analyzer.findings.masked import may_be
from analyzer.findings.report import Report, RoleRef
from analyzer.reports.formats import FORMATS, Options, render
from analyzer.reports.identifying import CLASSES
from analyzer.reports.json import load_json, render_json
from analyzer.reports.mask import Begun, Named, Pseudonyms, _of_any
from samples.scenarios import SCENARIOS

from . import made

ACCOUNT, CLUSTER, INFRA = "123456789012", "36921827-ad89-5525-83d1-41a2ef3eeae1", "demo-7xk2p"
BUCKET, DOMAIN = "demo-oidc", "corp.example.net"
VALUES = (ACCOUNT, CLUSTER, INFRA, BUCKET, DOMAIN)


def masked(report: Report, *classes: Any) -> Report:
    return Pseudonyms(classes or CLASSES).mask(report)


def left_over(text: str, values: tuple[str, ...]) -> list[str]:
    """Find values in a text, and in whatever base64 it holds."""
    return plainly_left_over("\n".join([text, *inside(text)]), values)


def plainly_left_over(text: str, values: tuple[str, ...]) -> list[str]:
    return [value for value in values if value.casefold() in text.casefold()]


def inside(text: str) -> list[str]:
    texts = []
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{12,}", text)):
        for start in range(4):
            raw = run[start:].replace("-", "+").replace("_", "/")
            raw = raw[: len(raw) // 4 * 4]
            texts.append(base64.b64decode(raw).decode("latin-1"))
    return texts


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_of_a_sample_holds_what_identifies_its_cluster(
    sample: str, report: Report, name: str
) -> None:
    cluster = SCENARIOS[sample].cluster()
    values = (cluster.account, cluster.cluster_id, cluster.infra_name, f"{cluster.name}-oidc")
    if name != "json" and sample != "trust-wrong-service-account":
        return  # every string of a report is in its JSON; one sample shows that no format finds another
    for voice in ("customer", "internal") if name == "case" else ("customer",):
        text = render(masked(report), name, Options(verbose=True, voice=voice))  # type: ignore[arg-type]
        assert not (left_over if name == "json" else plainly_left_over)(text, values)
        assert not re.search(rf"(?i)(?<![a-z0-9]){re.escape(cluster.name)}-openshift", text)


def test_a_masked_report_is_a_report(report: Report) -> None:
    shown = masked(report)
    assert load_json(render_json(shown)) == shown
    assert shown.counts == report.counts
    assert [f.fingerprint for f in shown.findings] == [f.fingerprint for f in report.findings]
    ids = {chain.id for chain in shown.chains}
    assert all(set(finding.chains) <= ids for finding in shown.findings)


@pytest.mark.parametrize("classes", [CLASSES, ("accounts",)])
def test_a_masked_report_differs_in_nothing_from_the_report(report: Report, classes: Any) -> None:
    shown = masked(report, *classes)
    hidden = "clusters" in classes and report.cluster.id is not None
    for old, new in ((report, shown), (shown, report)):
        found = compare(old, new)
        assert (found.verdicts, found.facts, found.lost) == ((), (), ())
        assert {one.change for one in found.findings} <= {"still"}
        name = "OLD" if old is shown else "NEW"
        told = [one for one in found.notices if one.startswith(f"{name} is masked")]
        assert bool(told) == hidden


def test_a_difference_stays_one_in_a_masked_report() -> None:
    other = replace(made.HEALTHY, cluster=replace(made.CLUSTER, version="4.15.1", region="eu-west-1"))
    found = compare(
        masked(made.HEALTHY), replace(other, chains=made.FAIL.chains, findings=made.FAIL.findings)
    )
    assert {fact.name for fact in found.facts} == {"version", "region"}
    assert {one.change for one in found.findings} == {"seen"}


def test_two_names_that_are_masked_are_not_taken_for_one() -> None:
    first = made.FAIL.findings[0]
    both = tuple(replace(first, chains=(), subject=f"https://{name}.hush.org") for name in ("one", "two"))
    report = replace(made.FAIL, findings=both)
    found = compare(masked(report), report)
    assert [(one.change, len(one.subjects)) for one in found.findings] == [("still", 2)]


pieces = st.sampled_from([
    *VALUES, f"arn:aws:iam::{ACCOUNT}:role/demo-openshift-x", f"https://{BUCKET}.s3.us-west-2.amazonaws.com/keys.json",
    f"https://oidc.{DOMAIN}/x", f"api.demo.{DOMAIN}", f"*.apps.demo.{DOMAIN}", f"s3://{BUCKET}/keys.json",
    f"dial tcp: lookup api.demo.{DOMAIN} on",
    base64.b64encode(f'{{"iss":"https://{BUCKET}.s3"}}'.encode()).decode(),
    base64.urlsafe_b64encode(f"xy{ACCOUNT}".encode()).decode().rstrip("="),
    DOMAIN.upper(), " ", ":", '"', "x/",
])  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(pieces, min_size=1, max_size=6), cut=st.integers(0, 30), front=st.booleans())
def test_values_are_found_wherever_they_stand(parts: list[str], cut: int, front: bool) -> None:
    text = "".join(parts)
    text = "…" + text[cut:] if front else text[: len(text) - cut] + "…"
    finding = made.finding("trust-subject", "trust", "ingress", message=text, title=f"<{text}>")
    evidence = tuple(replace(e, excerpt=text, file=text) for e in finding.evidence)
    [given_] = made.FAIL.inputs
    given_ = replace(given_, path=f"cases/oidc.{DOMAIN}", warnings=(f"see https://{DOMAIN}",))
    report = replace(made.FAIL, findings=(replace(finding, evidence=evidence),), inputs=(given_,))
    shown = masked(report)
    for name in ("json", "text"):
        assert not left_over(render(shown, name, Options(verbose=True, width=400)), VALUES)
    for value in (ACCOUNT, BUCKET, DOMAIN):
        for part in (value[:6] + "…", "…" + value[-6:]):
            assert part not in shown.findings[0].message


@pytest.mark.parametrize(
    "text, shown",
    [
        ("dial tcp 10.0.8.15:443: i/o timeout", r"dial tcp address-1:443: i/o timeout"),
        ("10.0.8.15->10.0.8.151", r"address-\d->address-\d"),
        ("lookup x on [fd02::a]:53", r"lookup x on \[address-1\]:53"),
        ("node ip-10-0-8-15 is 10.0.8.15", r"node ip-address-1 is address-1"),
        ("node=ip-10-0-8-15.ec2.internal", r"node=host-\d\.example"),
        ("via proxy01.acme-bank.com and acme-bank", r"via host-\d\.example and name-\d"),
        ("the proxy is proxy.corp", r"the proxy is host-\d\.example"),
        ("of 127.0.0.1, 0.0.0.0, ::1 and 169.254.169.254", None),
        ("4.14.12 at 08:00:01 of std::map and 300.1.1.1", None),
        ("java.net.SocketException, golang.org/x/net, x509.Error in net.com()", None),
        ("sts.amazonaws.com, redhat.com and sa.ns.svc.cluster.local", None),
    ],
)
def test_addresses_and_hosts_that_stand_by_themselves(text: str, shown: str | None) -> None:
    finding = made.finding("trust-subject", "trust", "ingress", message=text)
    message = masked(replace(made.FAIL, findings=(finding,))).findings[0].message
    assert re.fullmatch(shown, message) if shown else message == text


@pytest.mark.parametrize(
    "host, shown",
    [
        ("mybucket.s3.eu-west-1.amazonaws.com", r"name-\d\.s3\.eu-west-1\.amazonaws\.com"),
        ("my.bucket.s3.cn-north-1.amazonaws.com.cn", r"host-\d\.example\.s3\.cn-north-1\.amazonaws\.com\.cn"),
        ("d111111abcdef8.cloudfront.net", r"name-\d\.cloudfront\.net"),
        ("oidc.customer.org", r"host-\d\.example"),
        ("oidc.customer.org/oidc/qz9", r"host-\d\.example/oidc/cluster-\d"),
        ("sts.eu-west-1.amazonaws.com", r"sts\.eu-west-1\.amazonaws\.com"),
        ("kubernetes.default.svc", r"kubernetes\.default\.svc"),
        ("docs.openshift.com", r"docs\.openshift\.com"),
    ],
)
def test_what_of_a_host_is_the_customers(host: str, shown: str) -> None:
    report = replace(made.HEALTHY, cluster=replace(made.CLUSTER, issuer=f"https://{host}"))
    assert re.fullmatch(rf"https://{shown}", masked(report).cluster.issuer or "")


@pytest.mark.parametrize(
    "text, values",
    [
        ("User: arn%3Aaws%3Aiam%3A%3A112233445566%3Arole", ("112233445566",)),
        ("iss=https%3A%2F%2Foidc.hush.org%2Fx&aud=1", ("hush.org",)),
        ("arn%3Aaws%3Aiam%3A%3Aoidc-provider%2Foidc.hush.org", ("hush.org",)),
        ("connection refused via proxy.hush.org:3128, see reconciler.go:266", ("hush.org",)),
        ("x509: certificate is valid for gw.hush.net, *.hushlabs.org, not sts.amazonaws.com", ("hush",)),
        ('trying to verify candidate authority certificate "Hush Root CA")', ("hush",)),
        ("status code: 403, bucket hush-images-eu", ("hush-images",)),
        ("user/jane.doe@hush.net is not authorized", ("jane.doe", "hush")),
        ("https://oidc.hushhush.io/x, seen in hushhush-case/notes", ("hushhush",)),
        (r'"issuer":"https:\/\/oidc.hushhush.io\/x"', ("hushhush",)),
        ("https://oidc.hush24.io/x, role Hush24ProdIngress", ("hush24",)),
        ("https://oidc.hüsh-hüsh.example.org/x", ("hüsh",)),
        (f"{ACCOUNT} is {ACCOUNT[:4]}-{ACCOUNT[4:8]}-{ACCOUNT[8:]} to the console", ("1234", "5678", "9012")),
        ("the key AKIAQNZG(access key id) is of it", ("QNZG",)),
    ],
)
def test_values_in_odd_places(text: str, values: tuple[str, ...]) -> None:
    finding = replace(made.FAIL.findings[0], message=text)
    shown = masked(replace(made.FAIL, findings=(finding,))).findings[0].message
    assert not left_over(shown, values), shown
    assert ("reconciler.go:266" in text) == ("reconciler.go:266" in shown)
    assert ("sts.amazonaws.com" in text) == ("sts.amazonaws.com" in shown)


ORG = "o-a1b2c3d4e5"


@pytest.mark.parametrize(
    "text, shown",
    [
        (f"PrincipalOrgID {ORG}, not o-zzzzzzzzzz1", "PrincipalOrgID o-1, not o-2"),
        (f'"{ORG}/r-ab12/ou-ab12-11111111/*" of r-ab12', r'"o-1/r-1/ou-1/\*" of r-1'),
        (f"policy/{ORG}/service_control_policy/p-91zq2abc", "policy/o-1/service_control_policy/p-1"),
        ("user AROAQ3EGTXZ5ABCDEFGHI:i-0a1b2c3d4e5f60718", "user AROA-1:i-1"),
        ("vpc-0a1b2c3d4e5f60718 vpc-12345678 subnet-0a1b2c3d4e5f60719", "vpc-[12] vpc-[12] subnet-1"),
        ("volume%2Fvol-0a1b2c3d4e5f60718", "volume%2Fvol-1"),
        ("fs-0a1b2c3d4e5f60718 of vpce-svc-0a1b2c3d4e5f60718", "resource-[12] of resource-[12]"),
        ("arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", "arn:aws:route53:::hostedzone/zone-1"),
        ("--id Z1D633PJN98FT9 of distribution/E2QWRUHAPOMQZL", "--id zone-1 of distribution/distribution-1"),
        (
            f"kms:us-east-1:{ACCOUNT}:key/{CLUSTER[:-1]}0, key {CLUSTER[:-1]}0",
            r"kms:\S+:key/key-1, key key-1",
        ),
        (f"key/mrk-{'0a' * 16} and alias/acme-etcd", r"key/key-\d and alias/key-\d"),
        ("on node worker-3: worker-3 and worker-31", "on node name-1: name-1 and worker-31"),
        ("nodes/master-0.hush.org and kube-apiserver-master-0 on master-0.hush.org:10250", "(?!.*master).*"),
        ("system:node:master-0.hush.org is not master-0", r"system:node:host-1.example is not name-\d"),
        (r"{\"nodeName\":\"zq91kx\"} by system:node:zq91kx", r'{\\"nodeName\\":\\"name-1\\"} by .*:name-1'),
    ],
)
def test_ids_of_aws_and_short_names_of_nodes(text: str, shown: str) -> None:
    cluster = replace(made.CLUSTER, id=None, infra_name=None, issuer=None)
    finding = replace(made.FAIL.findings[0], message=text)
    report = replace(made.FAIL, cluster=cluster, findings=(finding,))
    once = masked(report)
    assert re.fullmatch(shown, once.findings[0].message), once.findings[0].message
    assert may_be(once.findings[0].message, text)
    assert masked(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "service_control_policy/p-FullAWSAccess and alias/aws/ebs, alias/kms of kms:Decrypt",
        "route53:ChangeResourceRecordSets of node/route53 at route53.hush.org:443",
        "-o yaml of node kube-controller, the node-role-1 and r-x in openshift-image-registry",
        "ip-permission and sg-rules, ZONE, Z-order of node 4.14.12",
    ],
)
def test_what_only_looks_like_an_id_stays(text: str) -> None:
    finding = replace(made.FAIL.findings[0], message=text)
    shown = masked(replace(made.FAIL, findings=(finding,))).findings[0].message
    assert shown.replace("host-1.example", "route53.hush.org") == text


@pytest.mark.parametrize("odd", ["ı", "İ", "ſ", "\u212a"])
def test_a_letter_that_is_another_only_to_some_is_no_crash(odd: str) -> None:
    cluster = replace(made.CLUSTER, infra_name="isk-skin-7xk2p")
    finding = replace(
        made.FAIL.findings[0], message=f"of {odd}sk-skin-7xk2p i{odd}k-skin-7xk2p is{odd}-skin-7xk2p"
    )
    shown = masked(replace(made.FAIL, cluster=cluster, findings=(finding,))).findings[0].message
    assert shown.count("cluster-") == 1


def test_many_values_and_values_that_begin_each_other_are_masked() -> None:
    message = " ".join(f"https://h{n}.hush{n}.org {100000000000 + n}" for n in range(300))
    nested = " ".join(f"https://{'n.' * n}hushed" for n in range(1, 100))
    findings = tuple(replace(made.FAIL.findings[0], message=text) for text in (message, nested))
    shown = masked(replace(made.FAIL, findings=findings))
    assert "hush" not in "".join(finding.message for finding in shown.findings)


def test_values_that_begin_alike_are_one_way_into_a_pattern() -> None:
    """Each was tried at each place of a text: some hundred names of hosts took half a minute."""
    named = [Named(f"host-{n}.hush.org", f"p{n}", "domains", False) for n in range(1000)]
    pattern = _of_any(named)
    assert pattern.startswith(re.escape("host-") + "(?:")
    assert pattern.count("host") == 1


def test_the_work_for_many_values_is_not_that_of_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbers were tried for each value, and all values at each end of a text that was cut."""
    tried: list[int] = []

    def counted(of: Any, value: str, number: int) -> str:
        tried.append(number)
        return f"{of}-{number}"

    monkeypatch.setattr("analyzer.reports.mask._pseudonym", counted)
    names = Pseudonyms(["resources"])
    message = " ".join(f"vpc-{n:017x}" for n in range(1000))
    names.mask(replace(made.FAIL, findings=(replace(made.FAIL.findings[0], message=message),)))
    assert len(tried) == 2 * 1000

    class Values(list[str]):
        looked_at = 0

        def __getitem__(self, at: Any) -> Any:
            self.looked_at += 1
            return super().__getitem__(at)

    values = Values(f"{n:017x}.hush.org" for n in range(1000))
    assert Begun(values, 25).at_end("seen at 00000000000000022.hu") == len("00000000000000022.hu")
    assert values.looked_at < len(values)


def test_what_two_values_leave_at_an_end_that_was_cut_is_taken_out() -> None:
    names = Pseudonyms(["domains"])
    names.read_map('{"domains": {"name-1": "hushed-one", "name-2": "one-more"}}', "map")
    finding = replace(made.FAIL.findings[0], message="…ed-one that hushed-…")
    assert names.mask(replace(made.FAIL, findings=(finding,))).findings[0].message == "… that …"


def test_a_text_of_many_pseudonyms_is_compared_in_no_time() -> None:
    """As a pattern with a gap for each, forty took longer than anybody waits."""
    shown = " ".join(f"name-{n}" for n in range(200))
    plain = " ".join(f"host{n}" for n in range(200))
    assert may_be(shown, plain)
    assert not may_be(f"{shown} x y", f"{plain} y")
    assert not may_be(f"a {shown}b", "a b")


def test_a_key_id_stays_where_no_account_is_masked() -> None:
    finding = replace(made.FAIL.findings[0], message="the key AKIAQNZG(access key id)")
    shown = masked(replace(made.FAIL, findings=(finding,)), "clusters")
    assert shown.findings[0].message == finding.message


@pytest.mark.parametrize(
    "text",
    [
        "ip-10-0-1-2.ec2.internal:10250 refuses; compute nodes do not",
        "exports/iam/get-role.json:12 and the bucket policy of the bucket",
        "alertmanager.openshift-monitoring.svc:9093 and quay.io:443, 127.0.0.1:6443",
    ],
)
def test_what_identifies_nobody_stays(text: str) -> None:
    finding = replace(made.FAIL.findings[0], message=text)
    shown = masked(replace(made.FAIL, findings=(finding,))).findings[0].message
    assert shown.split()[1:] == text.split()[1:]


def test_only_the_classes_asked_for() -> None:
    role = RoleRef(f"arn:aws:iam::{ACCOUNT}:role/demo", "x")
    report = replace(made.FAIL, chains=tuple(replace(c, role_arn=role) for c in made.FAIL.chains))
    accounts = masked(report, "accounts")
    assert accounts.chains[0].role_arn.value == "arn:aws:iam::000000000001:role/demo"
    assert accounts.cluster == report.cluster
    assert masked(report, "clusters").chains[0].role_arn.value == f"arn:aws:iam::{ACCOUNT}:role/cluster-2"


def test_a_cluster_called_like_a_word_of_openshift_does_not_spoil_the_text() -> None:
    cluster = replace(made.CLUSTER, infra_name="ingress-ab1cd")
    shown = masked(replace(made.FAIL, cluster=cluster))
    assert shown.cluster.infra_name == "cluster-1"
    assert [c.operator for c in shown.chains] == [c.operator for c in made.FAIL.chains]


def test_names_stay_the_same_over_reports_and_runs() -> None:
    names = Pseudonyms(CLASSES)
    first = names.mask(made.FAIL)
    assert names.mask(made.FAIL) == first
    again = Pseudonyms(CLASSES)
    again.read_map(names.map_text(), "map.json")
    assert again.mask(made.FAIL) == first
    assert json.loads(again.map_text()) == json.loads(names.map_text())


WRONG_MAPS = ["", "[]", '{"accounts": 1}', '{"accounts": {"x y": "1"}}', '{"accounts": {"x": 1}}']


@pytest.mark.parametrize("text", WRONG_MAPS)
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="no map of pseudonyms"):
        Pseudonyms(CLASSES).read_map(text, "map.json")


def test_a_mark_stays_where_it_was() -> None:
    finding = made.FAIL.findings[0]
    piece = replace(finding.evidence[0], excerpt=f'  "{ACCOUNT}", "here"', column=20)
    report = replace(made.FAIL, findings=(replace(finding, evidence=(piece,)),))
    shown = masked(report).findings[0].evidence[0]
    assert shown.excerpt[shown.column - 1 :] == piece.excerpt[piece.column - 1 :]  # type: ignore[operator]
