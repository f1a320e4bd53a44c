"""The layouts in four engines: Éclaircie, DuckDB, Polars and plain DataFusion, on the same Parquet.

usage: layouts.py PROGRAM --sweep COMMAND [--only PART …] [--limit S] [--pairs N] [--write]

PROGRAM is the eclaircie program, COMMAND runs benches/sweep.rs on the folder that follows it. What
is compared is in layouts/: a question a .sql file, an engine a Python file. Éclaircie and DuckDB
get the same text. Every engine answers every question in a process of its own, on two threads;
Éclaircie with --memory 512MB, the others without a limit. Its time is that of the whole process,
theirs leaves out the start of Python. A peer that took less than SLOW_S is measured again, in turns
with ours, and its ratio is the median of those of the turns. One that takes longer than --limit is
stopped, and its ratio is a lower bound, named NAME_at_least.

Answers are compared with each other and with the right ones; a difference ends the run with 1.
"""
import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent / "layouts"
ROOT = HERE.parent.parent
MEMORY = "512MB"
SLOW_S = 15
PLAIN_S = 20
PEERS = {"duckdb": "duck.py", "polars": "pole.py", "datafusion": "fusion.py"}
NAMES = {"duckdb": "DuckDB", "polars": "Polars", "datafusion": "DataFusion"}

TILE = {
    "pair": [614305],
    "ssop": [613074],
    "os2_count": [13689543],
    "os2_10": [17640],
    "gfa": [109758],
}
TEN = {
    "pair": [6140808],
    "ssop": [],
    "gfa": [],
    "os2_count": [135849230, 67853075650, 67850982083],
    "listed": [135849230],
}
SERIES = [100, 1_000, 10_000]


@dataclass
class Run:
    """One answer: seconds, peak memory in MB, the row; or that there was none in time."""

    seconds: float
    mb: float = 0.0
    row: list = field(default_factory=list)
    over: bool = False


@dataclass
class Result:
    """What the turns of one engine came to."""

    seconds: float
    mb: float
    over: bool
    ratio: float = 1.0

    def shown(self):
        if self.over:
            return f"> {self.seconds:.0f} s · > {self.ratio:.0f}×"
        return f"{self.seconds:.2f} s · {self.ratio:.1f}× · {self.mb:.0f} MB"


class Bench:
    def __init__(self, args):
        self.args = args
        self.program = args.program.resolve()
        self.lines = []  # ratios and figures, printed last
        self.tables = []  # of the written page

    # -- the folders of tables

    def folder(self, name):
        kind, size = name.split("-")
        folder = self.args.data / name
        if (folder / "done").exists():
            return folder
        words = {
            "tiles": ["study", folder, "--tiles", size],
            "series": ["series", folder, "--dates", size],
        }.get(kind) or [kind, folder, "--of", self.folder(f"tiles-{size}")]
        print(f"writing {folder}", flush=True)
        subprocess.run([sys.executable, "-B", HERE / "catalog.py", *map(str, words)], check=True)
        (folder / "done").touch()
        return folder

    # -- one process

    def child(self, words, limit):
        """Runs a process; gives its seconds, peak memory and output, or None past the limit."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            began = time.perf_counter()
            run = subprocess.Popen([str(w) for w in words], stdout=out, stderr=err)
            while True:
                pid, status, usage = os.wait4(run.pid, os.WNOHANG)
                seconds = time.perf_counter() - began
                if pid:
                    run.returncode = os.waitstatus_to_exitcode(status)
                    break
                if seconds > limit:
                    run.kill()
                    run.wait()
                    return None
                time.sleep(0.001 if seconds < 1 else 0.01)
            for stream in (out, err):
                stream.seek(0)
            text = out.read().decode()
            if run.returncode:
                raise SystemExit(f"{shlex.join(map(str, words))}\n{text}{err.read().decode()}")
            return seconds, usage.ru_maxrss / 1024, text

    def ours(self, folder, question):
        where = {n: folder / f"{n}.parquet" for n in ("s2", "s1")}
        tables = [f"--table={n}={f if f.exists() else folder / n}" for n, f in where.items()]
        file = HERE / f"{question}.sql"
        done = self.child([self.program, "sql", *tables, "--memory", MEMORY, "--format", "csv", "--file", file], self.args.limit)
        if done is None:
            return Run(self.args.limit, over=True)
        seconds, mb, out = done
        return Run(seconds, mb, [int(v) for v in out.splitlines()[1].split(",")])

    def peer(self, engine, folder, question):
        # DataFusion fails most limits; what it is beaten by is not the question.
        limit = min(self.args.limit, PLAIN_S) if engine == "datafusion" else self.args.limit
        done = self.child([sys.executable, "-B", HERE / PEERS[engine], folder, question], limit)
        if done is None:
            return Run(limit, over=True)
        _, mb, out = done
        found = json.loads(out.splitlines()[-1])
        return Run(found["seconds"], mb, found["row"])

    def sweep(self, folder):
        run = subprocess.run([*shlex.split(self.args.sweep), folder], cwd=ROOT, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(run.stdout + run.stderr)
        lines = [line.split() for line in run.stdout.splitlines()]
        row = next([int(v) for v in w[1:]] for w in lines if w[0] == "answer")
        return row, {w[1]: float(w[2]) for w in lines if w[0] == "figure"}

    # -- one question in all engines

    def compare(self, where, question, right=None, peers=tuple(PEERS)):
        folder = self.folder(where)
        turns = []
        asked = list(peers)
        for _ in range(self.args.pairs):
            turn = {"ours": self.ours(folder, question)}
            for engine in asked:
                turn[engine] = self.peer(engine, folder, question)
            rows = {n: r.row for n, r in turn.items() if not r.over}
            first = rows.get("ours", right)
            if any(row != first for row in rows.values()) or (right and first[: len(right)] != right):
                raise SystemExit(f"{question} on {where}: answers differ: {rows}, right is {right}")
            turns.append(turn)
            asked = [e for e in asked if turn[e].seconds < SLOW_S]
        found = {}
        for engine in ("ours", *peers):
            runs = [t[engine] for t in turns if engine in t]
            ratio = statistics.median(
                t[engine].seconds / t["ours"].seconds for t in turns if engine in t
            )
            seconds = statistics.median(r.seconds for r in runs)
            found[engine] = Result(seconds, max(r.mb for r in runs), runs[0].over, ratio)
        shown = ", ".join(f"{e} {r.shown()}" for e, r in found.items())
        print(f"{where} {question}: {shown}", flush=True)
        return found

    def ratio(self, name, value):
        self.lines.append(f"ratio {name} {value:.2f}")

    def figure(self, name, value, unit):
        self.lines.append(f"figure {name} {value:.3f} {unit}")

    def tell(self, name, found):
        """The lines of one question."""
        ours = found["ours"]
        self.figure(f"{name}_seconds", ours.seconds, "s")
        self.figure(f"{name}_peak", ours.mb, "MB")
        for engine in PEERS:
            if engine in found:
                result = found[engine]
                self.ratio(f"{name}_{engine}{'_at_least' if result.over else ''}", result.ratio)

    def table(self, title, rows):
        out = [f"## {title}", "", "| | Éclaircie | DuckDB | Polars | DataFusion |", "| --- | --- | --- | --- | --- |"]
        for name, found in rows:
            ours = found["ours"]
            cells = [f"{ours.seconds:.2f} s · {ours.mb:.0f} MB"]
            cells += [found[e].shown() if e in found else "not asked" for e in PEERS]
            out.append(f"| {name} | {' | '.join(cells)} |")
        self.tables += [*out, ""]

    # -- the parts

    def one_tile(self):
        rows = []
        for question, right in TILE.items():
            found = self.compare("tiles-1", question, right)
            self.tell(question, found)
            rows.append((f"`{question}`", found))
        self.table("One tile: 633,276 optical and 904,932 radar patches", rows)

    def bare_sweep(self):
        for where, right in [("tiles-1", TILE["os2_count"]), ("tiles-10", TEN["os2_count"])]:
            folder, turns = self.folder(where), []
            for _ in range(self.args.pairs):
                row, figures = self.sweep(folder)
                run = self.ours(folder, "os2_count")
                if row != run.row or row[: len(right)] != right:
                    raise SystemExit(f"the sweep found {row}, ours {run.row}, right is {right}")
                turns.append((run.seconds, figures))
            ours = statistics.median(s for s, _ in turns)
            read, listed, summed, trees = (
                statistics.median(f[n] for _, f in turns)
                for n in ("sweep_read", "sweep_os2_count", "sweep_os2_count_by_sums", "rtree_os2_count_by_sums")
            )
            over = statistics.median(s / f["sweep_os2_count"] for s, f in turns)
            whole = statistics.median(s / (f["sweep_read"] + f["sweep_os2_count"]) for s, f in turns)
            tail = "" if where == "tiles-1" else "_ten_tiles"
            print(f"{where} sweep {listed:.3f} s, its reading {read:.3f} s, ours {ours:.3f} s: {over:.1f}×, {whole:.1f}×", flush=True)
            self.figure(f"sweep_read{tail}", read, "s")
            self.figure(f"sweep_os2_count_by_sums{tail}", summed, "s")
            self.figure(f"sweep_os2_count{tail}", listed, "s")
            self.figure(f"rtree_os2_count_by_sums{tail}", trees, "s")
            self.ratio(f"os2_count_over_bare_sweep{tail}", over)
            self.ratio(f"os2_count_over_bare_sweep_and_reading{tail}", whole)
            self.tables += [
                f"## The bare sweep, {'one tile' if where == 'tiles-1' else 'ten tiles'}",
                "",
                f"`os2_count` over arrays in memory, one thread (`benches/sweep.rs`): {listed:.3f} s looking at every",
                f"combination, {summed:.3f} s by running sums; reading the Parquet into the arrays: {read:.3f} s. The whole",
                f"program, which reads the Parquet too: {ours:.3f} s, that is {over:.1f} times the sweep and {whole:.1f} times the",
                f"sweep with its reading. An R-tree for each place over time and cloud, instead of the pointers: {trees:.3f} s by sums,",
                f"{trees / summed:.1f} times the sweep: inside a place the engine sweeps.",
                "",
            ]

    def growth(self):
        rows, by_length = [], {}
        for dates in SERIES:
            found = self.compare(f"series-{dates}", "series")
            by_length[dates] = found
            self.tell(f"series_{dates}", found)
            rows.append((f"{1_000_000 // dates:,} places × {dates:,} dates", found))
        self.table("Growth with the length of a series: 1,000,000 optical and 830,000 radar rows", rows)
        told = []
        for engine in ("ours", *PEERS):
            each = [by_length[d][engine] for d in SERIES]
            for dates, result in zip(SERIES, each):
                tail = "_at_least" if result.over else ""
                self.figure(f"series_{dates}_{engine}{tail}", result.seconds * 1000, "ns/row")
            at_least = each[-1].over
            factor = each[-1].seconds / each[0].seconds
            self.ratio(f"growth_{engine}{'_at_least' if at_least else ''}", factor)
            told.append(f"{NAMES.get(engine, 'Éclaircie')} {'> ' if at_least else ''}{factor:.1f}")
        self.tables += [f"Time at 10,000 dates as a multiple of that at 100: {', '.join(told)}.", ""]

    def ten_tiles(self):
        rows = []
        # What is not asked takes minutes on one tile, or the limit.
        for where, question, name, peers in [
            ("tiles-10", "pair", "pair_ten_tiles", ["duckdb", "polars"]),
            ("tiles-10", "ssop", "ssop_ten_tiles", ["duckdb", "polars"]),
            ("tiles-10", "gfa", "gfa_ten_tiles", ["duckdb", "polars"]),
            ("tiles-10", "os2_count", "os2_count_ten_tiles", ["polars"]),
            ("tiles-10", "listed", "listed_ten_tiles", ["polars"]),
            ("split-10", "os2_count", "os2_count_split", ["polars"]),
            ("shuffled-1", "os2_count", "os2_count_shuffled_one_tile", ["polars"]),
            ("shuffled-10", "os2_count", "os2_count_shuffled", ["polars"]),
        ]:
            right = TILE[question] if where == "shuffled-1" else TEN[question]
            found = self.compare(where, question, right, peers)
            self.tell(name, found)
            rows.append((f"`{question}`, {where}", found))
        self.table("Ten tiles; one file a tile; rows in random order", rows)
        self.tables += [
            "`listed` looks at all 135,849,230 combinations, because each has a value of its own; `tiles-10` are two",
            "files in the order of places, `split-10` two files a tile, `shuffled-…` the same rows in random order,",
            "which must be sorted first (Polars is asked to).",
            "",
        ]

    # -- the page

    def write(self):
        engines = ", ".join(f"{NAMES[e]} {version(e)}" for e in PEERS)
        page = [
            "# The layouts in four engines",
            "",
            f"Written by `benches/layouts.py --write` (again: `make bench-layouts WRITE=1`) on {date.today()}: Éclaircie at {self.commit()}, {engines},",
            f"Python {platform.python_version()}. Machine: {len(os.sched_getaffinity(0))} cores, shared; read the",
            "ratios, not the seconds.",
            "",
            "Each cell: seconds · how many times Éclaircie's · peak memory of the process. Éclaircie and DuckDB answer the",
            f"same text, Éclaircie within `--memory {MEMORY}`, the others without a limit, all on two threads. `>` is an",
            f"engine that was stopped after {self.args.limit:.0f} s ({PLAIN_S} s for DataFusion); its ratio is a lower bound. Up to {SLOW_S} s engines take turns,",
            f"{self.args.pairs} times; the ratio is the median of the turns.",
            "",
            *self.tables,
            "## Lines",
            "",
            *(f"    {line}" for line in self.lines),
        ]
        (ROOT / "benches" / "layouts.md").write_text("\n".join(page) + "\n")

    def commit(self):
        run = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
        return f"commit {run.stdout.strip()}" if run.returncode == 0 else "an unknown commit"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {p.__name__: p for p in (Bench.one_tile, Bench.bare_sweep, Bench.growth, Bench.ten_tiles)}
    args.add_argument("program", type=Path)
    args.add_argument("--sweep", required=True)
    args.add_argument("--only", nargs="*", choices=list(parts), default=list(parts))
    args.add_argument("--data", type=Path, default=ROOT / ".bench" / "data")
    args.add_argument("--limit", type=float, default=120, help="seconds for one answer")
    args.add_argument("--pairs", type=int, default=3, help="turns of ours and of a peer")
    args.add_argument("--write", action="store_true", help="keep the results in benches/layouts.md")
    args = args.parse_args()
    args.data.mkdir(parents=True, exist_ok=True)
    # Whatever the machine has, two cores: children inherit it.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    bench = Bench(args)
    for part in args.only:
        parts[part](bench)
        if args.write:
            bench.write()
    print("all answers agree")
    print("\n".join(bench.lines))


if __name__ == "__main__":
    main()
