"""From a query to batches, beside the readers that people use, on the same samples.

usage: patches.py --bench COMMAND --tensorflow PYTHON --program P [--folder F] [--gigabytes G] [--samples N]
                  [--turns T] [--scaling] [--write]

COMMAND runs benches/patches/main.rs, P is the program. COMMAND makes an archive of OS2 samples (three optical and three radar patches, a
target, elevation; 256 px) of at least G decoded gigabytes in each codec, and lists N samples in a drawn
order. Readers of the archive: PyTorch's DataLoader over zarr-python, over GeoTIFF copies with rasterio, and
TorchGeo. Readers of copies of the samples, made before and counted: LitData, MosaicML Streaming, TFRecord with
tf.data. Each gives the same batches of 16 (a sum over the last one is compared), with as many workers as
there are cores; slow ones get fewer samples. Ours and theirs take turns; a ratio is ours over theirs, the
median of the turns. Theirs leaves out start and first batch, ours leaves out nothing but opening and query.
"""
import argparse
import json
import os
import platform
import shlex
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path

from process import CORES, HERE, last_json, run

# Reader, what it reads, share of the samples that it is given.
ARCHIVE = [("none", "zarr-python", 4), ("rasterio", "rasterio", 4), ("torchgeo", "torchgeo", 32)]
CONVERTED = [("litdata", "litdata", 1), ("mosaic", "mosaic", 1), ("tfrecord", "tfrecord", 1)]


class Bench:
    def __init__(self, a):
        self.a, self.folder = a, Path(a.folder).resolve()
        self.ours = shlex.split(a.bench)
        self.lists = {}

    def python(self, name):
        return self.a.tensorflow if name == "tfrecord" else sys.executable

    def make(self):
        """What is missing of archives and copies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for codec in ("none", "lz4", "zstd"):
            if not (self.folder / codec).exists():
                print(f"making the archive, codec {codec}", flush=True)
                run([*self.ours, "make", self.folder / codec, codec, str(self.a.gigabytes)])
        for part in {1, *(p for _, _, p in ARCHIVE + CONVERTED)}:
            count = max(48, self.a.samples // part // 16 * 16)
            path = self.folder / f"samples-{count}.csv"
            path.write_text(run([*self.ours, "samples", self.folder / "none", str(count)]))
            self.lists[part] = (path, count)
        for name in ("tiff", "litdata", "mosaic", "tfrecord"):
            stamp = self.folder / f"{name}.{self.a.samples}"
            if not stamp.exists():
                print(f"copying to {name}", flush=True)
                began = time.time()
                convert = HERE / "patches/convert.py"
                run([self.python(name), convert, name, self.folder, self.lists[1][0]])
                stamp.write_text(f"{time.time() - began:.0f}")

    def once(self, codec, count):
        return last_json(run([*self.ours, "once", self.folder / codec, str(count), str(CORES)]))

    def read(self, name, part):
        path, _ = self.lists[part]
        readers = HERE / "patches/readers.py"
        return last_json(run([self.python(name), readers, name, self.folder, path, str(CORES)]))

    def turns(self, name, part, cold=False):
        """Rates of ours and theirs, and ratios, of each turn."""
        ours, theirs, count = [], [], self.lists[part][1]
        for _ in range(self.a.turns):
            if cold:
                forget(self.folder)
            a = self.once("none", count)
            if cold:
                forget(self.folder)
            b = self.read(name, part)
            if a["sum"] != b["sum"]:
                sys.exit(f"{name} gives other pixels: {b['sum']}, not {a['sum']}")
            ours.append(a["samples"] / a["seconds"])
            theirs.append(b["samples"] / b["seconds"])
        return ours, theirs, statistics.median(o / t for o, t in zip(ours, theirs))

    def rows(self, cold):
        lines = []
        for kind, readers in (("archive-reader", ARCHIVE), ("converted", CONVERTED)):
            for name, label, part in readers:
                if cold and name == "torchgeo":
                    continue
                ours, theirs, ratio = self.turns(name, part, cold)
                state = "cold " if cold else ""
                print(f"ratio {state.replace(' ', '-')}{label}-{kind} {ratio:.2f}", flush=True)
                disk = size(self.folder / ("tiff" if name in ("rasterio", "torchgeo") else name))
                median = statistics.median
                lines.append(
                    f"| {label} | {kind.replace('-', ' ')} | {disk:.1f} GB | {median(theirs):.0f} | {median(ours):.0f} | {ratio:.1f}× |"
                )
        return lines

    def from_disk(self):
        """Our rate from forgotten files beside a plain read of files, in turns."""
        sample = 2.9e-3
        ratios, count = [], self.lists[1][1]
        for _ in range(self.a.turns):
            plain = disk(self.folder / "none", count * sample * 1e9)
            forget(self.folder / "none")
            a = self.once("none", count)
            ours = a["samples"] * sample / a["seconds"]
            ratios.append((ours / plain, ours, plain))
        ratio, ours, plain = sorted(ratios)[len(ratios) // 2]
        print(f"ratio disk {ratio:.2f}", flush=True)
        return f"A plain sequential read of forgotten files gave {plain:.2f} GB/s, Éclaircie's drawn samples {ours:.2f} GB/s: {ratio:.2f} of it."

    def training(self):
        """How much of a training's time its learner is busy, and what it waits for."""
        with tempfile.TemporaryDirectory() as folder:
            stats = Path(folder) / "stats.json"
            command = [self.a.program, "train", self.folder / "none", "--layout", "os2", "--set", "per_place=10"]
            command += ["--split-by", "tile", "--model", "msop-unet-small", "--steps", "40", "--steps-per-epoch", "40"]
            run([*command, "--to", Path(folder) / "run", "--stats-to", stats])
            report = json.loads(stats.read_text())
        report = next(r for r in report if r["graph"] == "train")
        sink = report["nodes"][-1]
        busy = sink["busy_s"] / report["wall_s"]
        print(f"figure training busy {busy:.3f}", flush=True)
        return f"`msop-unet-small` at batch 4 on the CPU: its learner is busy {busy:.1%} of the time (reading, normalising and turning batches go on beside it)."

    def limits(self):
        lines = []
        for codec in ("none", "lz4", "zstd"):
            text = run([*self.ours, "run", self.folder / codec, str(self.a.samples // 2), str(CORES)])
            print("\n".join(l for l in text.splitlines() if l.startswith("ratio")), flush=True)
            figures = [l.split() for l in text.splitlines()]
            rate = [f for f in figures if f[-1] == "GB/s"]
            ratio = [f for f in figures if f[0] == "ratio"][0]
            lines.append(
                f"| {codec} | {size(self.folder / codec):.1f} GB | {rate[0][-2]} GB/s | {ratio[1]} {rate[1][-2]} GB/s | {ratio[-1]} |"
            )
        return lines

    def scaling(self):
        """Workers, sizes of patches, lengths of series: our rate and its share of memcpy."""
        lines = []

        def add(what, folder, count, workers):
            text = run([*self.ours, "run", folder, str(count), str(workers)])
            rate = [l for l in text.splitlines() if l.endswith("GB/s") and "workers" in l][0].split()[-2]
            ratio = [l for l in text.splitlines() if l.startswith("ratio")][0].split()[-1]
            print(f"figure scaling {what}: {rate} GB/s, {ratio} of memcpy", flush=True)
            lines.append(f"| {what} | {rate} GB/s | {ratio} |")

        for workers in (1, 2, 4, 8):
            add(f"{workers} workers", self.folder / "none", self.a.samples // 2, workers)
        for patch, dates in ((64, 40), (128, 40), (256, 40), (512, 40), (256, 10), (256, 100), (256, 1000)):
            folder = self.folder / f"series-{patch}-{dates}"
            if not folder.exists():
                run([*self.ours, "series", folder, str(patch), str(dates)])
            add(f"{patch} px, {dates} dates", folder, {64: 1600, 128: 600, 256: 160, 512: 64}[patch], CORES)
        return lines


def disk(folder, most):
    """Gigabytes a second of a plain read of forgotten files from their beginnings, in blocks of a megabyte, a thread a core."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: -p.stat().st_size)
    forget(folder)

    def read(part):
        total = 0
        for path in part:
            with open(path, "rb", buffering=0) as file:
                while total < most / CORES and (block := file.read(1 << 20)):
                    total += len(block)
        return total

    began = time.time()
    with ThreadPoolExecutor(CORES) as pool:
        total = sum(pool.map(read, [files[k::CORES] for k in range(CORES)]))
    return total / (time.time() - began) / 1e9


def size(folder):
    """Gigabytes on disk; hard links once."""
    seen = {(s.st_dev, s.st_ino): s.st_size for p in folder.rglob("*") if p.is_file() for s in [p.stat()]}
    return sum(seen.values()) / 1e9


def forget(folder):
    """Asks the system to drop these files from its page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def page(bench, warm, cold, from_disk, limits, training, scaling):
    commit = run(["git", "rev-parse", "--short", "HEAD"]).strip()
    names = ["torch", "zarr", "rasterio", "torchgeo", "litdata", "mosaicml-streaming"]
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    head = "| reader | reads | on disk | its samples/s | ours | ratio |\n| --- | --- | --- | --- | --- | --- |\n"
    text = f"""# From a query to batches, beside other readers

Written by `benches/patches.py --write` (again: `make bench-stream WRITE=1`) on {date.today()}: Éclaircie at commit {commit},
{versions}, Python {platform.python_version()}. Machine: {CORES} cores, shared; read the ratios, not the rates.
This run: `--samples {bench.a.samples} --turns {bench.a.turns}`{" --cold" if cold else ""}{" --scaling" if scaling else ""}.

{bench.a.samples} OS2 samples with elevation (three optical and three radar patches, a target; 256 px; 2.9 MB each), in a drawn order, in
batches of 16 tensors of stored integers, {CORES} workers for everyone. The archive holds {bench.a.gigabytes} GB of decoded pixels; ours reads it
with codec none. TorchGeo and the other readers of the archive get a part of the samples. Sums over the last
batch agree in all. Copies hold only these samples, uncompressed, in this one order: another order, layout or split
is another copy.

## Warm page cache

{head}{chr(10).join(warm)}
"""
    if cold:
        text += f"\n## Cold page cache\n\nAsked to forget the files before each turn (`posix_fadvise`).\n\n{head}{chr(10).join(cold)}\n\n{from_disk}\n"
    text += f"""
## The limits

The same bytes moved by a plain loop on {CORES} threads into buffers that stay: a copy, or the bare decoder.

| codec | on disk | Éclaircie | limit | share |
| --- | --- | --- | --- | --- |
{chr(10).join(limits)}

## Training

{training}
"""
    if scaling:
        text += f"\n## Scaling, codec none\n\n| | Éclaircie | of memcpy |\n| --- | --- | --- |\n{chr(10).join(scaling)}\n"
    (HERE / "patches.md").write_text(text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--bench", required=True)
    p.add_argument("--tensorflow", required=True)
    p.add_argument("--program", required=True)
    p.add_argument("--folder", default=".bench/patches")
    p.add_argument("--gigabytes", type=float, default=8.2)
    p.add_argument("--samples", type=int, default=1600)
    p.add_argument("--turns", type=int, default=3)
    p.add_argument("--cold", action="store_true")
    p.add_argument("--scaling", action="store_true")
    p.add_argument("--write", action="store_true")
    a = p.parse_args()
    bench = Bench(a)
    bench.make()
    limits = bench.limits()
    training = bench.training()
    warm = bench.rows(cold=False)
    cold = bench.rows(cold=True) if a.cold else []
    from_disk = bench.from_disk() if a.cold else ""
    scaling = bench.scaling() if a.scaling else []
    if a.write:
        page(bench, warm, cold, from_disk, limits, training, scaling)


if __name__ == "__main__":
    main()
