"""Networks in Éclaircie and in eager PyTorch on a GPU, in turns; and how busy the stream keeps it.

usage: gpu.py --bench COMMAND --program P --patches COMMAND [--folder F] [--batch B] [--steps N] [--turns T]
              [--commit C] [--write]

As benches/models.py, whose runs these are: in float32 (cuDNN's TF32, as PyTorch has it by default) and in bfloat16 with
channels last, on the first GPU. TFLOP/s count two operations a multiply-add of the network as the original defines it (`model
describe`), three times as many a training step. P and COMMANDs may be built without GDAL.
"""
import argparse
import re
import shlex
import statistics
import sys
from datetime import date
from pathlib import Path

from models import Bench, middle
from process import CORES, HERE, last_json, run

BY_HAND = "\n## By hand"
CASES = [("msop-unet", ""), ("msop-unet", "half"), ("david", "half")]


class Gpu(Bench):
    def make(self):
        """Two tiles of 1280 px, so that one validates."""
        self.folder.mkdir(parents=True, exist_ok=True)
        patches = shlex.split(self.a.patches)
        self.archive = self.folder / f"gpu-{self.a.side}"
        if not self.archive.exists():
            run([*patches, "make", self.archive, "none", 3])
        self.samples = self.folder / "gpu.csv"
        self.samples.write_text(run([*patches, "samples", self.archive, self.a.batch * (self.a.steps + 1)]))

    def one(self, card, half, found):
        """Every measure of a turn, in turns."""
        words = ["cuda", half] if half else ["cuda"]
        last = ["last"] if half else []
        found["infer", "ours"].append(middle(self.infer(card, self.a.steps, *last, *words)))
        found["infer", "torch"].append(middle(self.torch("infer", card, self.a.steps, *words)))
        flags = ["--bf16", "--channels-last"] if half else []
        steps, between = self.ours(card, "--device", "cuda", *flags)
        found["step", "ours"].append(middle(steps))
        found["loop", "ours"].append(statistics.mean(between))
        found["busy", "ours"].append(sum(steps[1:]) / sum(between))
        found["step", "torch"].append(middle(self.torch("step", card, self.a.steps, *words)))
        loop = self.torch("loop", card, self.a.steps, self.archive, self.samples, CORES, *words)
        found["loop", "torch"].append(statistics.mean(loop))

    def multiply_adds(self, card):
        """Of one batch."""
        text = run([self.a.program, "model", "describe", card])
        return int(re.search(r"(\d+) multiply-adds a pixel", text)[1]) * self.a.side**2 * self.a.batch

    def factor(self):
        """How many times a pass of the U-Net the residual network takes, in bfloat16."""
        self.a.batch = 8
        words = ["last", "half", "cuda"]
        slow, quick = (middle(self.infer(card, 5, *words)) for card in ("ssop-resnet", "ssop-unet"))
        return f"One pass of `ssop-resnet` takes {slow / quick:.0f} times one of `ssop-unet` (bfloat16, batches of 8)."

    def rows(self, card, half, ceiling):
        kinds = ("infer", "step", "loop", "busy")
        found = {(kind, engine): [] for kind in kinds for engine in ("ours", "torch")}
        for _ in range(self.a.turns):
            self.one(card, half, found)
        name, rows = f"`{card}`, {'bfloat16' if half else 'float32'}", []
        for kind, title, times in (("infer", "inference", 2), ("step", "step", 6), ("loop", "loop", 6)):
            ours, theirs = (found[kind, engine] for engine in ("ours", "torch"))
            ratio = statistics.median(t / o for t, o in zip(theirs, ours))
            ours, theirs = statistics.median(ours), statistics.median(theirs)
            speed = times * self.multiply_adds(card) / ours / 1e12
            print(f"ratio {title}-{card}-{half or 'float'}-torch {ratio:.3f}", flush=True)
            print(f"figure {title} {card} {half or 'float'}: {ours * 1e3:.1f} ms, torch {theirs * 1e3:.1f} ms, {speed:.0f} TFLOP/s", flush=True)
            share = f" ({speed / ceiling:.0%})" if half else ""
            rows.append(f"| {title}, {name} | {ours * 1e3:.1f} ms | {theirs * 1e3:.1f} ms · {ratio:.2f}× | {self.a.batch / ours:.0f} | {speed:.0f}{share} |")
        busy = statistics.median(found["busy", "ours"])
        print(f"figure busy {card} {half or 'float'} {busy:.3f}", flush=True)
        rows[-1] += f" {busy:.0%} |"
        return [row + (" |" if row is not rows[-1] else "") for row in rows]


def page(bench, rows, ceiling, copies, factor):
    a = bench.a
    torch = run([sys.executable, "-c", "import torch; print(torch.__version__)"]).strip()
    text = f"""# Networks on a GPU beside PyTorch

Written by `benches/gpu.py --write`, but for what is said by hand (again: `make bench-gpu WRITE=1`) on {date.today()}: Éclaircie at commit {a.commit}, PyTorch {torch} in eager mode, both
on the same libtorch. One {ceiling['gpu']}, {CORES} cores. Batches of {a.batch}, {a.side} px, width 64 (the study's networks); {a.steps} steps a turn, {a.turns} turn{"s" if a.turns > 1 else ""}, medians.

A ratio is theirs over ours: above 1, Éclaircie is faster. A step is forward, loss, backward and Adam, and the loss is read back; Éclaircie also measures
the length of the gradient. Its step is taken from the trace of `eclaircie train`, which brings and scales the next batches beside it, PyTorch's runs on random tensors that are on the GPU
already. A loop is the time from step to step with its reading, PyTorch's from a DataLoader over zarr-python with {CORES} workers and pinned memory. PyTorch
searches for the fastest kernels (`cudnn.benchmark`), runs Adam as one kernel (`fused`), and in bfloat16 autocasts with channels last. Éclaircie searches as well.
Inference is that of the library, with `Manner` and `search_kernels`; `evaluate` and `reconstruct` run in float32 without the search. float32 is
TF32 in convolutions for both. TFLOP/s of the whole network, with its share of a product of large bfloat16 matrices measured in the same run ({ceiling['tflops']:.0f} TFLOP/s;
a copy on the device moves {ceiling['tbs']:.1f} TB/s). Éclaircie computes the layer to four bands sixteen pixels at a time and elevation once, which is part of
its ratio. *Busy* is the share of the loop's time in which a step is at work.

| | Éclaircie | PyTorch | samples/s | TFLOP/s | busy |
| --- | --- | --- | --- | --- | --- |
{chr(10).join(rows)}

{copies}

{factor}
"""
    page = HERE / "gpu.md"
    # What was written by hand stays.
    old = page.read_text() if page.exists() else ""
    page.write_text(text + old[old.find(BY_HAND) :] if BY_HAND in old else text)


def copies(bench, milliseconds):
    """Batches to a GPU that works so long on each, by copies beside the work and by plain ones."""
    words = [*shlex.split(bench.a.patches), "gpu", bench.archive, 640, CORES, milliseconds]
    text = run(words)
    print(text, flush=True)
    figures = re.findall(r"(?:figure|ratio) gpu (.*)", text)
    work, speeds, bare, plain = figures
    return f"Copies beside products of matrices that do not use them ({work}): {speeds}; {bare.split()[1]} of no copies, {plain.split()[1]} times plain copies."


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench", required=True)
    p.add_argument("--program", required=True)
    p.add_argument("--patches", required=True)
    p.add_argument("--folder", default=".bench/models")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--steps", type=int, default=40)
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--commit", default="of today")
    p.add_argument("--write", action="store_true")
    a = p.parse_args()
    # The side of the patches of the archive.
    a.side = 256
    bench = Gpu(a)
    bench.make()
    ceiling = last_json(run([sys.executable, HERE / "models/nets.py", "ceiling"]))
    print(f"figure {ceiling}", flush=True)
    told = copies(bench, 20)
    rows = [row for card, half in CASES for row in bench.rows(card, half, ceiling["tflops"])]
    if a.write:
        page(bench, rows, ceiling, told, bench.factor())


if __name__ == "__main__":
    main()
