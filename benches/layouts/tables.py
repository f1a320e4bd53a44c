"""Where the tables of a folder are, and what an engine's process prints."""
import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = 2


def sql(name):
    """The text of a question: the same for every engine that takes it."""
    return (HERE / f"{name}.sql").read_text()


def place(folder, name):
    """The one file of a table, or the folder of its files."""
    file = Path(folder) / f"{name}.parquet"
    return file if file.exists() else Path(folder) / name


def answer(ask):
    """Runs `ask(folder, question)` for the words of the command line and prints what it found."""
    folder, question = sys.argv[1:3]
    began = time.perf_counter()
    row = ask(folder, question)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "row": [int(v) for v in row]}))
