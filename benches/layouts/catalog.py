"""Writes the tables that the layouts are measured on: s2.parquet and s1.parquet in a folder.

usage: catalog.py study FOLDER --tiles N      the patch catalog of a study, by place and time
       catalog.py shuffled FOLDER --of OTHER  the same rows in random order
       catalog.py split FOLDER --of OTHER     the same rows, one file a tile in s2/ and s1/
       catalog.py series FOLDER --dates L     few columns; 1,000,000 optical rows, L dates a place

The study has ten Sentinel-2 tiles, four years, 359 optical and about 513 radar images a tile, and
42 x 42 patches an image. `cell` is one whole number for (tile, row, col), so that every engine has
the same key to join on.
"""
import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GRID = 42
T0 = np.datetime64("2017-01-01T10:40:00", "s")
DAYS = 4 * 365 + 1
TILES = "T31TCJ T31TCK T31TDH T31TDJ T31TDK T31TEH T31TEJ T31TEK T30TYP T31TCH".split()
ROW_GROUP = 1 << 17


def smooth(rng, n, k=6):
    """n fields of GRID x GRID with spatial correlation, roughly standard normal."""
    small = rng.standard_normal((n, GRID // k + 3, GRID // k + 3))
    ix = np.linspace(0, small.shape[1] - 2, GRID)
    i, f = ix.astype(int), ix - ix.astype(int)
    rows = small[:, i, :] * (1 - f)[None, :, None] + small[:, i + 1, :] * f[None, :, None]
    out = rows[:, :, i] * (1 - f)[None, None, :] + rows[:, :, i + 1] * f[None, None, :]
    return out / out.std()


def optical(rng, t):
    """A date every five days, some doubled where orbits overlap, some lost."""
    days = np.arange(t % 5, DAYS, 5)
    extra = np.arange((t + 3) % 5, DAYS, 5)
    doubled = rng.choice(extra, 359 * len(days) // 292 - len(days) + 67, replace=False)
    days = np.sort(np.concatenate([days, doubled]))
    days = np.sort(rng.choice(days, min(359, len(days)), replace=False))
    n = len(days)
    time = T0 + (days * 86400 + rng.integers(0, 600, n)).astype("timedelta64[s]")
    mean = rng.choice([-2.2, -0.9, 0.4, 2.0], n, p=[0.3, 0.2, 0.2, 0.3])
    cloud = 50 + 60 * (smooth(rng, n) * 0.9 + mean[:, None, None])
    cloud = np.clip(cloud, 0, 100).astype(np.float32).reshape(n, -1).T
    return time, cloud, rng.random((GRID * GRID, n)) > 0.03


def radar(rng, t):
    """Two orbits of six days each."""
    days = np.sort(np.concatenate([np.arange(t % 6, DAYS, 6), np.arange((t + 2) % 6, DAYS, 6)]))
    more = np.setdiff1d(np.arange(DAYS), days)
    more = rng.choice(more, max(0, 513 - len(days)), replace=False)
    days = np.sort(np.concatenate([days, more]))
    n = len(days)
    time = T0 + (days * 86400 + 7 * 3600 + rng.integers(0, 600, n)).astype("timedelta64[s]")
    return time, None, rng.random((GRID * GRID, n)) > 0.02


def study(folder, tiles, seed=7):
    rng = np.random.default_rng(seed)
    images = {"s2": [], "s1": []}
    for t in range(tiles):
        images["s2"].append(optical(rng, t))
        images["s1"].append(radar(rng, t))
    side = np.arange(GRID, dtype="i4")
    for name, of_tiles in images.items():
        writer, start = None, 0
        for t, (time, cloud, valid) in enumerate(of_tiles):
            dates, cells = len(time), GRID * GRID
            columns = {
                "id": np.arange(start, start + cells * dates),
                "tile": np.repeat([TILES[t % len(TILES)] + ("" if t < len(TILES) else f"_{t}")], cells * dates),
                "row": np.repeat(side, GRID * dates),
                "col": np.repeat(np.tile(side, GRID), dates),
                "cell": np.repeat((t * cells + np.arange(cells)).astype("i4"), dates),
                "time": np.tile(time, cells),
                "cloud_percent": None if cloud is None else cloud.reshape(-1),
                "valid": valid.reshape(-1),
            }
            table = pa.table({n: c for n, c in columns.items() if c is not None})
            writer = writer or pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
            writer.write_table(table, row_group_size=ROW_GROUP)
            start += cells * dates
        writer.close()


def shuffled(folder, other, seed=7):
    rng = np.random.default_rng(seed)
    for name in ("s2", "s1"):
        table = pq.read_table(other / f"{name}.parquet")
        table = table.take(rng.permutation(table.num_rows))
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", row_group_size=ROW_GROUP)


def split(folder, other):
    """Files are named so that their order is that of places, as in an archive."""
    for name in ("s2", "s1"):
        (folder / name).mkdir(exist_ok=True)
        table = pq.read_table(other / f"{name}.parquet")
        for number, tile in enumerate(pc.unique(table["tile"]).to_pylist()):
            rows = table.filter(pc.equal(table["tile"], tile))
            file = folder / name / f"{number:02}-{tile}.parquet"
            pq.write_table(rows, file, compression="zstd", row_group_size=ROW_GROUP)


def series(folder, dates, rows=1_000_000, seed=7):
    """Equal rows and, by and large, equal answers, whatever the length of the series."""
    rng = np.random.default_rng(seed)
    places = rows // dates
    for name, count in [("s2", dates), ("s1", dates * 83 // 100)]:
        seconds = np.sort(rng.integers(0, 5 * dates * 86400, (places, count)), axis=1).reshape(-1)
        n = places * count
        columns = {
            "id": np.arange(n),
            "cell": np.repeat(np.arange(places, dtype="i4"), count),
            "time": T0 + seconds.astype("timedelta64[s]"),
        }
        if name == "s2":
            cloud = np.where(rng.random(n) < 0.3, 0, rng.random(n) * 100)
            columns["cloud_percent"] = cloud.astype(np.float32)
        columns["valid"] = np.ones(n, dtype=bool)
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", compression="zstd", row_group_size=ROW_GROUP)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("kind", choices=["study", "shuffled", "split", "series"])
    args.add_argument("folder", type=Path)
    args.add_argument("--tiles", type=int, default=1)
    args.add_argument("--of", type=Path)
    args.add_argument("--dates", type=int, default=1000)
    args = args.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    match args.kind:
        case "study":
            study(args.folder, args.tiles)
        case "shuffled":
            shuffled(args.folder, args.of)
        case "split":
            split(args.folder, args.of)
        case "series":
            series(args.folder, args.dates)


if __name__ == "__main__":
    main()
