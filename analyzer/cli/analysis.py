"""What ``sts-doctor analyze`` does once it is known what was asked for."""

from __future__ import annotations

import sys
from pathlib import Path

from analyzer.cli.output import OutputOptions
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem
from analyzer.frozen import field, frozen
from analyzer.options import Options
from analyzer.progress import Timed


@frozen
class Analysis:
    """Which inputs to judge and how, and where to show what comes out."""

    inputs: tuple[Path, ...]
    options: Options = field(default_factory=Options)
    output: OutputOptions = field(default_factory=OutputOptions)
    timings: bool = False

    def run(self) -> int:
        """Do it; gives the exit code, and raises DoctorError."""
        from analyzer import session

        if not self.inputs:
            raise UsageProblem("no input given", do="Pass a must-gather directory or archive")
        targets = self.output.targets(self.inputs)
        with waiting(quiet=self.output.quiet) as progress:
            timed = Timed(progress)
            report = session.analyze(self.inputs, self.options, timed)
            timed.step("writing the report")
        self.output.write(report, targets)
        if self.timings:
            print("\n".join(["  clock    work", *timed.lines()]), file=sys.stderr)
        return report.exit_code
