"""Networks in Éclaircie, in eager PyTorch and in TensorFlow, on the same machine in turns.

usage: models.py --bench COMMAND --program P --patches COMMAND --tensorflow PYTHON [--folder F] [--batch B] [--side S]
                 [--steps N] [--turns T] [--write]

P is the program; COMMANDs run benches/models/main.rs and benches/patches/main.rs. Training is that of the program: it
reads an archive of random fields, and its trace tells how long each step takes and how long it waits between two.
PyTorch (benches/models/nets.py) steps on random tensors that are at hand, and trains in a loop over a DataLoader that
reads the same archive with zarr-python. TensorFlow (benches/models/keras_nets.py) steps on random tensors.
A ratio of seconds is theirs over ours: above 1 we are faster. Medians of the steps but the first, and of the turns.
"""
import argparse
import json
import platform
import shlex
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path

from process import CORES, HERE, last_json, run


def middle(seconds):
    """The first one also prepares."""
    return statistics.median(seconds[1:])


class Bench:
    def __init__(self, a):
        self.a, self.folder = a, Path(a.folder).resolve()
        self.archive = self.folder / f"models-{a.side}"

    def make(self):
        """An archive whose patches are as large as those of the bench, and a list of its samples."""
        self.folder.mkdir(parents=True, exist_ok=True)
        patches = shlex.split(self.a.patches)
        if not self.archive.exists():
            run([*patches, "series", self.archive, self.a.side, 100])
        count = self.a.batch * (self.a.steps + 1)
        self.samples = self.folder / "models.csv"
        self.samples.write_text(run([*patches, "samples", self.archive, count]))

    def ours(self, card, *more):
        """Seconds of each step, and from the end of one to the end of the next."""
        a = self.a
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "trace.json"
            words = [a.program, "train", self.archive, "--layout", "os2", "--set", "per_place=100"]
            words += ["--split-by", "tile", "--valid-share", "0.25", "--test-share", "0"]
            words += ["--model", card, "--batch", a.batch, "--steps", a.steps, "--steps-per-epoch", a.steps]
            words += ["--valid-max", 1, "--no-augment", "--to", Path(folder) / "run", "--trace", trace, *more]
            run(words)
            events = json.loads(trace.read_text())
        graph = next(e["pid"] for e in events if e["name"] == "process_name" and e["args"]["name"] == "graph train")
        busy = [e for e in events if e["pid"] == graph and e.get("cat") == "busy" and e["name"].startswith("learn")]
        # One a step; those of microseconds are the moments between two waits for a batch.
        busy = sorted((e for e in busy if e["dur"] > 1000), key=lambda e: e["ts"])
        if len(busy) != a.steps:
            sys.exit(f"the trace has {len(busy)} steps, not {a.steps}")
        ends = [(e["ts"] + e["dur"]) / 1e6 for e in busy]
        return [e["dur"] / 1e6 for e in busy], [b - a for a, b in zip(ends, ends[1:])]

    def torch(self, kind, card, count, *more):
        words = [sys.executable, HERE / "models/nets.py", kind, card, self.a.batch, self.a.side, count, *more]
        return last_json(run(words))["seconds"]

    def keras(self, kind, card, count):
        words = [self.a.tensorflow, HERE / "models/keras_nets.py", kind, card, self.a.batch, self.a.side, count]
        return last_json(run(words))["seconds"]

    def infer(self, card, count, *more):
        words = [*shlex.split(self.a.bench), "infer", card, self.a.batch, self.a.side, count, *more]
        return last_json(run(words))["seconds"]

    def turns(self, name, measures):
        """Medians of seconds by engine, and theirs over ours by turn."""
        found = {engine: [] for engine in measures}
        for _ in range(self.a.turns):
            for engine, measure in measures.items():
                found[engine].append(measure())
        ours = found["ours"]
        row = [f"| {name} | {statistics.median(ours):.2f} s |"]
        for engine in ("torch", "tensorflow"):
            if engine not in found:
                row.append(" |")
                continue
            ratio = statistics.median(t / o for t, o in zip(found[engine], ours))
            print(f"ratio {name.replace('`', '').replace(', ', '-').replace(' ', '-')}-{engine} {ratio:.3f}", flush=True)
            row.append(f" {statistics.median(found[engine]):.2f} s · {ratio:.2f}× |")
        return "".join(row)

    def training(self, card):
        n, loops, torch_loops = self.a.steps, [], []

        def ours():
            steps, between = self.ours(card)
            loops.append(statistics.mean(between))
            return middle(steps)

        def torch():
            seconds = middle(self.torch("step", card, n))
            torch_loops.append(statistics.mean(self.torch("loop", card, n, self.archive, self.samples, CORES)))
            return seconds

        step = self.turns(
            f"step, `{card}`",
            {"ours": ours, "torch": torch, "tensorflow": lambda: middle(self.keras("step", card, n))},
        )
        kept, theirs = iter(loops), iter(torch_loops)
        loop = self.turns(f"loop, `{card}`", {"ours": lambda: next(kept), "torch": lambda: next(theirs)})
        return [step, loop]

    def inference(self, card, count, tensorflow=True):
        measures = {
            "ours": lambda: middle(self.infer(card, count)),
            "torch": lambda: middle(self.torch("infer", card, count)),
        }
        if tensorflow:
            measures["tensorflow"] = lambda: middle(self.keras("infer", card, count))
        return self.turns(f"inference, `{card}`", measures)

    def factor(self):
        """How many times a pass of the U-Net the residual network takes."""
        times = {card: middle(self.infer(card, 3)) for card in ("ssop-resnet", "ssop-unet")}
        factor = times["ssop-resnet"] / times["ssop-unet"]
        print(f"figure ssop-resnet over ssop-unet {factor:.1f}", flush=True)
        return f"One pass of `ssop-resnet` takes {factor:.0f} times one of `ssop-unet` (their multiplications: 1238 and 15.7 thousand million a patch, 79 times)."


def page(bench, rows, factor):
    a = bench.a
    commit = run(["git", "rev-parse", "--short", "HEAD"]).strip()
    torch = run([sys.executable, "-c", "import torch; print(torch.__version__)"]).strip()
    keras = run([a.tensorflow, "-c", "import tensorflow; print(tensorflow.__version__)"]).split()[-1]
    text = f"""# Networks beside PyTorch and TensorFlow

Written by `benches/models.py --write` (again: `make bench-models WRITE=1`) on {date.today()}: Éclaircie at commit {commit}, PyTorch {torch} in
eager mode, TensorFlow {keras} as a compiled graph, Python {platform.python_version()}. Machine: {CORES} cores, shared; read the ratios, not the
seconds. Batches of {a.batch}, {a.side} px, float32, width 64 (the study's networks); {a.steps} steps a turn, {a.turns} turns.

A ratio is theirs over ours: above 1, Éclaircie is faster. A step is forward, loss, backward and Adam; Éclaircie's is taken
from the trace of `eclaircie train`, which reads and normalises batches beside it, the others' from random tensors that are at
hand. A loop is the time from step to step with its reading: a DataLoader over zarr-python with {CORES} workers for PyTorch.
All compute the same function. PyTorch and TensorFlow run its layers as the original defines them; Éclaircie takes what is joined to
every date through a layer once and pads no image into a copy, which is part of its ratio.

| | Éclaircie | PyTorch | TensorFlow |
| --- | --- | --- | --- |
{chr(10).join(rows)}

{factor}
"""
    (HERE / "models.md").write_text(text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench", required=True)
    p.add_argument("--program", required=True)
    p.add_argument("--patches", required=True)
    p.add_argument("--tensorflow", required=True)
    p.add_argument("--folder", default=".bench/models")
    p.add_argument("--batch", type=int, default=2)
    p.add_argument("--side", type=int, default=128)
    p.add_argument("--steps", type=int, default=4)
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--write", action="store_true")
    a = p.parse_args()
    bench = Bench(a)
    bench.make()
    rows = [bench.inference(card, a.steps) for card in ("msop-unet", "david")]
    rows += [row for card in ("msop-unet", "david") for row in bench.training(card)]
    factor = bench.factor()
    if a.write:
        page(bench, rows, factor)


if __name__ == "__main__":
    main()
