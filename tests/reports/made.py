"""Reports made by hand, one for each kind of answer; none depends on the rules or on a sample."""

from dataclasses import replace

from analyzer.findings.report import (
    LINKS,
    Chain,
    Check,
    Cluster,
    CommonCause,
    Counts,
    Evidence,
    Finding,
    Fix,
    Input,
    Link,
    Missing,
    ReadError,
    Report,
    RoleRef,
    Rules,
    Run,
    SimulatedError,
    Tool,
    Verdict,
)

ISSUER = "https://demo-oidc.s3.us-west-2.amazonaws.com"
ROOT = "mg/must-gather.local.123/quay-io-openshift-release-dev-ocp-v4-0-art-dev-sha256-" + "ab" * 32
LOG = (
    f"{ROOT}/namespaces/openshift-ingress-operator/pods/ingress-operator-5b8c4b8d8b-8kb8b/"
    "ingress-operator/ingress-operator/logs/current.log"
)
FIRST, LAST = "2024-03-10T06:30:16Z", "2024-03-12T10:28:02Z"
SUBJECT = "system:serviceaccount:openshift-ingress-operator"


def chain(name: str, verdict: Verdict, **states: str) -> Chain:
    links = tuple(
        Link(link, states.get(link, "pass"), (Check(f"{link}-rule", states.get(link, "pass")),))
        for link in LINKS
    )
    accounts = (f"{name}-operator",)
    role = RoleRef(f"arn:aws:iam::123456789012:role/{name}", "description")
    return Chain(f"openshift-{name}/creds", f"{name}-aws", name, "sts-secret", accounts, role, links, verdict)


def finding(rule: str, link: str, *chains: str, **changes: object) -> Finding:
    made = Finding(
        rule=rule,
        link=link,
        kind="cause",
        state="fail",
        severity="critical",
        chains=tuple(f"openshift-{c}/creds" for c in chains),
        subject="cluster",
        title=f"Title of {rule}",
        message=f"Message of {rule}: StringEquals names {SUBJECT}:router, not {SUBJECT}:ingress-operator.",
        why=f"Why {rule}.",
        evidence=(Evidence("i1", "iam/role.json", 20, 9, f'        "{SUBJECT}:router"', "the condition"),),
        fix=(Fix(f"First step of {rule}.", f"aws iam fix --rule {rule}"), Fix("Second step.", None)),
        disproof=f"Disproof of {rule}.",
        references=("https://docs.example.com/sts",),
        fingerprint="0123456789abcdef",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def symptom(name: str, lines: int, *causes: str) -> Finding:
    return finding(
        "log-assume-role-denied",
        "operator",
        name,
        kind="symptom",
        message=f"STS denies {name}. Log lines: {lines}, from {FIRST} to {LAST}, x.",
        evidence=(Evidence("i1", LOG, 4127, None, "…caused by: AccessDenied: Not authorized", "a line"),),
        explained_by=causes,
    )


def missing(evidence: str, *names: str) -> Missing:
    chains = tuple(f"openshift-{n}/creds" for n in names)
    command = f"oc get {evidence} " + "--an-option-that-is-long " * 8 + "-o yaml"
    return Missing(
        evidence, f"no {evidence}", command, "a machine with access", "public", ("a-rule",), chains
    )


def verdict(state: str, link: str | None = None, rule: str | None = None, sentence: str = "") -> Verdict:
    error = SimulatedError("trust", "AccessDenied: Not authorized") if state == "fail" else None
    recency = "ongoing" if state in ("fail", "suspected") else "unknown"
    since = "2024-03-10T06:30:16Z" if recency == "ongoing" else None
    return Verdict(state, link, rule, sentence or f"It is {state}.", recency, error, since)  # type: ignore[arg-type]


CLUSTER = Cluster(
    "36921827-ad89-5525-83d1-41a2ef3eeae1",
    "demo-7xk2p",
    "4.14.12",
    "AWS",
    "us-west-2",
    "aws",
    "Manual",
    ISSUER,
    True,
    {"id": f"{ROOT}/cluster-scoped-resources/config.openshift.io/clusterversions.yaml:14"},
)

HEALTHY = Report(
    tool=Tool("sts-doctor", "0"),
    rules=Rules("0", "0" * 64, ()),
    run=Run("2024-03-12T10:33:17Z", "timestamp"),
    inputs=(Input("i1", "must-gather", "mg", None, 173, 224082, False, ()),),
    cluster=CLUSTER,
    chains=tuple(chain(name, verdict("pass")) for name in ("ingress", "storage", "network")),
    findings=(),
    common_cause=None,
    missing=(),
    counts=Counts(passed=30),
    errors=(),
    exit_code=0,
)

FAIL = replace(
    HEALTHY,
    chains=(
        chain("ingress", verdict("fail", "trust", "trust-subject"), operator="fail", trust="fail"),
        *HEALTHY.chains[1:],
    ),
    findings=(finding("trust-subject", "trust", "ingress"), symptom("ingress", 7, "trust-subject")),
    counts=Counts(passed=28, fail=2),
    exit_code=1,
)

COMMON = replace(
    HEALTHY,
    chains=tuple(
        chain(name, verdict("fail", "keys", "jwks-gone"), keys="fail")
        for name in ("ingress", "storage", "network", "image-registry")
    ),
    findings=(
        finding("jwks-gone", "keys", "ingress", "storage", "network", "image-registry"),
        *(symptom(name, 10, "jwks-gone") for name in ("ingress", "storage", "network", "image-registry")),
    ),
    common_cause=CommonCause("jwks-gone", "keys", ("openshift-ingress/creds",), "All of it."),
    exit_code=1,
)

SEVERAL = replace(
    HEALTHY,
    chains=(
        chain("ingress", verdict("fail", "trust", "trust-subject"), trust="fail"),
        chain("storage", verdict("fail", "secret", "secret-wrong"), secret="fail", permissions="unknown"),
        chain("network", verdict("fail", "trust", "trust-subject"), trust="fail"),
    ),
    findings=(
        finding("secret-wrong", "secret", "storage"),
        finding("trust-subject", "trust", "ingress"),
        finding("trust-subject", "trust", "network", message="Another message of trust-subject."),
        finding("operator-sad", "operator", "ingress", kind="symptom", state="warn"),
        *(finding("no-aud", "trust", n, kind="hygiene", state="info") for n in ("ingress", "storage")),
        finding("accepted", "mode", kind="hygiene", state="warn", muted="known and accepted"),
    ),
    missing=(missing("role:storage", "storage"), missing("jwks", "storage")),
    counts=Counts(passed=20, fail=3, warn=2, info=2, unknown=2, error=1),
    errors=(ReadError("i1", "a/b.yaml", "bad-yaml", "it is not YAML"), ReadError("", "r", "rule-error", "x")),
    exit_code=1,
)

SUSPECTED = replace(
    HEALTHY,
    chains=(
        chain(
            "ingress",
            verdict(
                "suspected",
                "keys",
                "log-assume-role-denied",
                f"STS denies ingress. Log lines: 7, from {FIRST} to {LAST}, x."
                " The cause lies at keys or trust: what would settle it is listed as missing.",
            ),
            operator="fail",
            keys="unknown",
            trust="unknown",
        ),
        *HEALTHY.chains[1:],
    ),
    findings=(symptom("ingress", 7),),
    missing=(missing("jwks", "ingress"), missing("role:ingress", "ingress")),
    exit_code=1,
)

NOT_KNOWN = "No fault shows; keys and trust cannot be judged from these inputs."
UNKNOWN = replace(
    HEALTHY,
    chains=tuple(
        chain(name, verdict("unknown", "keys", None, NOT_KNOWN), keys="unknown", trust="unknown")
        for name in ("ingress", "storage", "network", "image-registry", "machine-api", "cloud-credential")
    ),
    missing=(
        *(
            missing(f"role:{n}", n)
            for n in ("ingress", "storage", "network", "image-registry", "machine-api")
        ),
        missing("jwks", "ingress"),
        missing("discovery", "ingress"),
        missing("oidc-providers", "ingress"),
    ),
    counts=Counts(passed=9, unknown=21),
)

MINT = replace(
    HEALTHY,
    cluster=replace(CLUSTER, credentials_mode="", issuer=None, sts=False),
    chains=tuple(
        chain(n, verdict("not-applicable"), **dict.fromkeys(LINKS, "not-applicable")) for n in ("a", "b")
    ),
    findings=(
        finding("mode-sts-not-used", "mode", kind="hygiene", state="info", fix=(), message="No STS here."),
    ),
    counts=Counts(info=1, not_applicable=29),
)

NO_CHAINS = replace(
    HEALTHY,
    chains=(),
    cluster=Cluster(None, None, None, None, None, None, None, None, None, {}),
    run=Run(None, "not known"),
    inputs=tuple(
        Input(f"i{n}", "AWS export", f"iam-{n}", None, 1, 10, n == 2, ("x: odd",)) for n in range(5)
    ),
)

ALL = {
    "healthy": HEALTHY,
    "fail": FAIL,
    "common": COMMON,
    "several": SEVERAL,
    "suspected": SUSPECTED,
    "unknown": UNKNOWN,
    "mint": MINT,
    "no-chains": NO_CHAINS,
}
