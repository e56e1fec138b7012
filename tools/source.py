"""What the checks of ./dev lint share: which files there are, and C text without comments and literals."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def tracked(*patterns):
    """Files of the tree that match, also those not yet added, as paths from its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted({n for n in names if n and os.path.isfile(os.path.join(ROOT, n))})


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def code(text):
    """`text` with comments blanked and literals emptied; lines keep their numbers."""

    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] * 2
        return "\n" * token.count("\n") or " "

    return TOKEN.sub(blank, text)


def finish(check, findings):
    """Prints findings, one a line, and ends the process with 1 if there are any."""
    for finding in findings:
        print(f"{check}: {finding}")
    sys.exit(1 if findings else 0)
