"""What make audit concludes."""

import json

from tools.audit import verdict


def report(*packages):
    return json.dumps({"dependencies": list(packages), "fixes": []})


def clean(name):
    return {"name": name, "version": "1", "vulns": []}


def test_verdicts():
    found = {"name": "b", "version": "2", "vulns": [{"id": "GHSA-1", "fix_versions": ["2.1"]}]}
    unknown = {"name": "torch", "skip_reason": "not found"}
    many = [clean(f"p{i}") for i in range(20)]
    assert verdict(report(*many, unknown)) == (
        0,
        ["20 packages asked about, 0 known vulnerabilities; not known: torch."],
    )
    code, lines = verdict(report(*many, found))
    assert code == 1 and lines[0] == "b 2: GHSA-1, mended in 2.1"


def test_not_having_been_able_to_ask_is_not_a_clean_bill():
    """pip-audit exits with 0 and "No known vulnerabilities found" where a mirror knows no package at all."""
    assert verdict(report(clean("a"), {"name": "b", "skip_reason": "not found"}))[0] == 2
    code, (line,) = verdict("", "Traceback\n  …\nConnectionError: no route")
    assert code == 2 and line.startswith("error: ") and "no route" in line
