"""What stands below the options in ``--help``: examples, and what the exit codes mean."""

from __future__ import annotations

CODES = {
    0: "nothing at or above --fail-on",
    1: "findings",
    2: "usage, or a bad rule file",
    3: "no bundle found, or nothing readable",
    4: "--strict, and something decisive is unknown",
    5: "an input was refused as hostile",
    6: "some inputs unreadable, the rest analysed",
    70: "internal error",
    130: "interrupted",
}

IN_SHORT = {
    "analyze": "Diagnose which operators cannot use AWS, and what to change.",
    "upgrade": "Tell what to prepare for a release.",
    "diff": "Compare two bundles or reports: fixed, new, still there.",
    "baseline": "Accept the findings of a saved report.",
    "render": "Show a saved report in any format.",
    "scan": "Judge many bundles into one database.",
    "collect": "Say what is missing; write a script that gets it.",
    "fix": "Write corrected policies, providers, keys and Secrets.",
    "export-aws": "Ask AWS for roles, policies and providers (extra aws).",
    "facts": "Show every extracted fact, with file and line.",
    "explain": "Explain a finding: what is checked, why, how to mend it.",
    "schema": "Print the JSON Schema of an output or of a rule file.",
    "rules": "List, show, check and test rules.",
    "rules check": "Check rule files; say what is wrong, and where.",
    "inspect": "Look at one policy, trust policy, token or key set.",
    "inspect policy": "Decide whether a request is allowed.",
    "inspect trust": "Decide whether a token may assume a role.",
    "inspect token": "Show a token's header and claims, never its signature.",
    "inspect keys": "Show key ids as Kubernetes computes them.",
    "fleet report": "Show causes by release and over time.",
    "fleet query": "Answer a named question, or one in SQL.",
    "fleet merge": "Copy the results of other databases into one.",
    "config show": "Show every option's value and where it comes from.",
}
"""What a list of commands says of each, short enough for a narrow terminal; else the first sentence."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "analyze": (
        "sts-doctor analyze must-gather.tar.gz                     # the bundle alone",
        "sts-doctor analyze must-gather.tar.gz exports/            # with what the customer sent",
        "sts-doctor analyze case/ -f json -o r.json -f markdown -o r.md",
        "sts-doctor analyze case/ -f case --mask all               # to paste into a support case",
        "sts-doctor analyze case/ --fail-on warn --strict          # in a pipeline",
    ),
    "upgrade": (
        "oc adm release extract --credentials-requests --cloud=aws --to=requests/ IMAGE",
        "sts-doctor upgrade must-gather.tar.gz exports/ --to requests/",
    ),
    "diff": (
        "sts-doctor diff before.tar.gz after.tar.gz",
        "sts-doctor diff before.json after/ -f json -o diff.json   # a saved report and a directory",
    ),
    "baseline": (
        "sts-doctor analyze case/ -f json -o report.json",
        "sts-doctor baseline report.json --rule trust-no-audience --reason 'Not asked for' -o accepted.toml",
        "sts-doctor analyze case/ --baseline accepted.toml",
    ),
    "render": (
        "sts-doctor render report.json                             # as text",
        "sts-doctor render report.json -f case --voice internal",
        "sts-doctor render - -f sarif -o report.sarif < report.json",
        "sts-doctor render fleet.sqlite --bundle 0042/mg.tar.gz    # kept by scan",
    ),
    "collect": (
        "sts-doctor collect bundle.tar.gz                          # what is missing, most decisive first",
        "sts-doctor collect bundle.tar.gz -f sh -o collect.sh      # a script that only reads",
        "sts-doctor analyze bundle.tar.gz sts-collect-*.tar.gz",
    ),
    "fix": ("sts-doctor fix must-gather.tar.gz exports/ -o repairs/     # then read repairs/README.md",),
    "export-aws": (
        "sts-doctor export-aws --for bundle.tar.gz -o exports/      # the roles that this cluster uses",
        "sts-doctor export-aws --prefix demo- -o exports/",
    ),
    "facts": ("sts-doctor facts must-gather.tar.gz --only secret.",),
    "explain": (
        "sts-doctor explain trust-subject-mismatch",
        "sts-doctor explain my-rule --rules my-rules/",
    ),
    "schema": (
        "sts-doctor schema report > report.schema.json             # also of diff, collect and facts",
        "sts-doctor schema rule > rule.schema.json                 # for an editor: docs/writing-rules.md",
    ),
    "scan": (
        "sts-doctor scan /cases --db fleet.sqlite                  # again: only what is new",
        "sts-doctor scan /cases --db one.sqlite --shard 1/4        # on the first of four hosts",
    ),
    "rules list": ("sts-doctor rules list", "sts-doctor rules list my-rules/"),
    "rules show": ("sts-doctor rules show trust-subject-mismatch",),
    "rules check": ("sts-doctor rules check my-rules/",),
    "rules test": ("sts-doctor rules test my-rules/",),
    "rules docs": ("sts-doctor rules docs my-rules/ > rules.md",),
    "inspect token": ("cut -d. -f1,2 token | sts-doctor inspect token -",),
    "inspect keys": ("sts-doctor inspect keys keys.json service-account.pub",),
    "inspect trust": (
        "sts-doctor inspect trust --policy get-role.json --issuer URL --sub SUBJECT --aud openshift",
        "sts-doctor inspect trust - < cases.jsonl",
    ),
    "inspect policy": (
        "sts-doctor inspect policy --policy policy.json --action s3:GetObject --resource ARN",
        "sts-doctor inspect policy - < cases.jsonl",
    ),
    "fleet report": ("sts-doctor fleet report fleet.sqlite -f markdown -o fleet.md",),
    "fleet query": (
        "sts-doctor fleet query fleet.sqlite",
        "sts-doctor fleet query fleet.sqlite --sql 'SELECT …'",
    ),
    "fleet merge": ("sts-doctor fleet merge all.sqlite one.sqlite two.sqlite",),
    "config show": ("sts-doctor config show analyze",),
}

_PLAIN = (0, 2, 70, 130)

ANSWERS: dict[str, tuple[int, ...]] = {
    "analyze": tuple(CODES),
    "upgrade": (0, 1, 2, 3, 5, 6, 70, 130),
    "diff": (0, 1, 2, 3, 4, 5, 6, 70, 130),
    "baseline": (0, 2, 70, 130),
    "render": (0, 2, 70, 130),
    "collect": (0, 2, 3, 5, 6, 70, 130),
    "fix": (0, 1, 2, 3, 5, 6, 70, 130),
    "export-aws": (0, 2, 3, 5, 70, 130),
    "facts": (0, 2, 3, 5, 6, 70, 130),
    "scan": (0, 1, 2, 3, 6, 70, 130),
    "rules test": (0, 1, 2, 70, 130),
    "inspect trust": (0, 1, 2, 4, 70, 130),
    "inspect policy": (0, 1, 2, 4, 70, 130),
}
"""The exit codes that a command can end with."""

_OTHER_WORDS = {
    ("upgrade", 0): "no failure found",
    ("diff", 0): "nothing new at or above --fail-on",
    ("diff", 1): "something new at or above --fail-on",
    ("diff", 4): "--strict, and something cannot be judged any more",
    ("fix", 0): "nothing that fails is left",
    ("fix", 1): "something that fails is left",
    ("scan", 0): "none of the bundles judged now fails",
    ("scan", 1): "one of them fails",
    ("scan", 6): "none fails, and one could not be judged",
    ("rules test", 0): "every test passed",
    ("rules test", 1): "a rule's test failed",
    ("inspect trust", 0): "allowed, or all lines were answered",
    ("inspect policy", 0): "allowed, or all lines were answered",
    **{(f"inspect {name}", code): text for name in ("trust", "policy") for code, text in
       ((1, "denied"), (4, "not known"))},
}  # fmt: skip


def _word(command: str, code: int) -> str:
    judges = 1 in ANSWERS.get(command, _PLAIN)
    return _OTHER_WORDS.get((command, code)) or ("done" if code == 0 and not judges else CODES[code])


def manual(command: str) -> str | None:
    """Give the end of the help of a command; None for one that has its own."""
    if command not in EXAMPLES:
        return None
    codes = [f"  {code:<3}  {_word(command, code)}" for code in ANSWERS.get(command, _PLAIN)]
    settings = "" if " " in command else "Options can be set for all runs: sts-doctor config show --help."
    # \b keeps the lines of a paragraph as they are
    parts = ["\b\nExamples:\n" + "\n".join(f"  {e}" for e in EXAMPLES[command]),
             "\b\nExit codes:\n" + "\n".join(codes), settings]  # fmt: skip
    return "\n\n".join(part for part in parts if part)
