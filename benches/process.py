"""Processes that benches run."""
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CORES = len(os.sched_getaffinity(0))


def run(command):
    """What a command prints; its complaint ends the bench."""
    words = [str(w) for w in command]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{shlex.join(words)}\n{done.stderr[-2000:]}")
    return done.stdout


def last_json(text):
    """The last line of JSON."""
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])
