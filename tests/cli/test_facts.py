"""Facts on the command line: asked for by a prefix, and told apart by input."""

from pathlib import Path

from .test_output import BUNDLE, call

EXPORTS = Path(__file__).resolve().parents[2] / "samples" / "healthy" / "exports"


def test_a_prefix_that_no_fact_has_is_refused() -> None:
    result = call("facts", BUNDLE, "--only", "secret.lenth")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Did you mean 'secret.length'?" in result.stderr


def test_of_several_inputs_a_place_names_its_own() -> None:
    shown = call("facts", BUNDLE, EXPORTS, "--only", "cluster.version").stdout
    assert "      i1:must-gather/" in shown
    assert "      must-gather/" in call("facts", BUNDLE, "--only", "cluster.version").stdout
