"""Ask for known vulnerabilities of what is installed: python -m tools.audit, or make audit.

Exit code 1 where something is vulnerable, 2 where it could not be found out: pip-audit itself says "none known" of packages
that the service never told it about."""

import json
import subprocess
import sys

MOST_UNKNOWN = 0.1  # of the packages: a local build such as torch's +cpu is unknown to the service


def verdict(report: str, complaint: str = "") -> tuple[int, list[str]]:
    """pip-audit's JSON and what it wrote to stderr -> exit code and what to print."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (complaint.strip() or "no answer").splitlines()[-1][:200]
        return 2, [f"error: The vulnerability service could not be asked ({reason}); try again with a network."]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) > MOST_UNKNOWN * len(packages):
        return 2, [f"error: {len(unknown)} of {len(packages)} packages are unknown to the service; ask PyPI itself."]
    lines = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for package in packages
        for fault in package.get("vulns", ())
    ]
    asked = f"{len(packages) - len(unknown)} packages asked about, {len(lines)} known vulnerabilities"
    return int(bool(lines)), [*lines, f"{asked}; not known: {', '.join(unknown) or 'none'}."]


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    code, lines = verdict(done.stdout, done.stderr)
    print("\n".join(lines), file=sys.stderr if code == 2 else sys.stdout)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
