"""AWS's own words in what a container of a chain logged last before it ended, as symptoms of the chain.

A pod's status keeps the tail of a log that failed (``terminationMessagePolicy: FallbackToLogsOnError``, as
OpenShift's operators have it), also where no log was gathered or the log has been rotated away.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.evidence.logs.classes import classify_all
from analyzer.evidence.logs.regions import look, records
from analyzer.evidence.logs.text import instant
from analyzer.evidence.logs.years import in_year
from analyzer.evidence.masks.translation import words_unmasked
from analyzer.evidence.records import Symptom, Termination, Workload
from analyzer.frozen import replace
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.joined import Joined
from analyzer.model.symptoms.logs import AFTER_RESTART, is_previous, logs_of_now
from analyzer.model.symptoms.told import merge_repeats, told_symptom

_LONGEST = 16384
"""Characters of a message that are looked at; kubelet keeps 4096 bytes at most."""


def termination_symptoms(chain: Chain, joined: Joined) -> list[Symptom]:
    """Give what the pods of a chain logged last before a container ended, repeats merged."""
    return merge_repeats(
        symptom
        for workload in chain.workloads
        for ended in workload.terminations
        for symptom in _symptoms(chain, workload, ended, joined)
    )


def _symptoms(chain: Chain, workload: Workload, ended: Termination, joined: Joined) -> Iterator[Symptom]:
    message = ended.message[:_LONGEST]
    data = message.encode("utf-8", "replace")
    quiet = _reads_on(chain, workload, ended, joined)
    logged = _logged(workload, ended, joined) if quiet else set()
    for record in records(data, len(data), look(data, len(data)).lines):
        for found in classify_all(record.text):
            _, position, nanos, offset = record.at(found.start)
            when = in_year(instant(nanos), ended.finished) or ended.finished
            start = len(data[:offset].decode("utf-8", "replace")) + position
            told = told_symptom(chain, replace(found, start=start), ended.where, when, when, message)
            yield words_unmasked(
                replace(
                    told,
                    pod=workload.name,
                    container=ended.container,
                    source="termination",
                    log_end=joined.now if ended.again else ended.finished,
                    contradicted=quiet and found.klass not in logged,
                )
            )


def _reads_on(chain: Chain, workload: Workload, ended: Termination, joined: Joined) -> bool:
    """Whether the next run has gone on for a while, and its log was read: who tries again writes into it."""
    if not ended.again or not joined.now or joined.now - ended.again <= AFTER_RESTART:
        return False
    read = ((log.pod, log.container) for log in logs_of_now(chain, joined.evidence))
    return (workload.name, ended.container) in read


def _logged(workload: Workload, ended: Termination, joined: Joined) -> set[str]:
    """Give the classes of errors in the log of the container's run of now."""
    return {
        symptom.klass
        for symptom in joined.evidence.symptoms
        if (symptom.namespace, symptom.pod, symptom.container)
        == (workload.namespace, workload.name, ended.container)
        and not is_previous(symptom.quote.file)
    }
