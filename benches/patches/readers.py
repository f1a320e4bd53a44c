"""One reader of the same samples as a process of its own: readers.py NAME FOLDER SAMPLES WORKERS.

FOLDER holds the archives (`none/` and so on) and what convert.py made of the samples; SAMPLES lists
them (`patches samples`). Every reader gives batches of 16 as int16 tensors, one a role, in the given
order. Prints a line of JSON: seconds from the first batch to the last, samples in that time, seconds
of the whole epoch, a sum over all values of the last batch, which all readers must agree in.
"""
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

BATCH = 16
SIDE = {"s2_10m": 256, "s1": 256, "dem": 128}


def parse(line):
    """Tile and (role, array, slot, row, col) of each role."""
    tile, *roles = line.strip().split(",")
    split = [r.split(":") for r in roles]
    return tile, [(n, a, int(s), int(r), int(c)) for n, a, s, r, c in split]


def read_samples(path):
    return [parse(line) for line in Path(path).read_text().splitlines()]


def as_int16(values):
    """torch has few operations on uint16: radar travels as its bits."""
    return np.ascontiguousarray(values).view(np.int16)


class ZarrSamples:
    """The archive through zarr-python."""

    def __init__(self, root, samples):
        self.root, self.samples, self.groups = root, samples, {}

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        import zarr

        tile, roles = self.samples[index]
        if tile not in self.groups:
            self.groups[tile] = zarr.open_group(self.root / "pixels" / f"{tile}.zarr", mode="r")
        out = {}
        for name, array, slot, row, col in roles:
            side = SIDE[array]
            y, x = slice(row * side, row * side + side), slice(col * side, col * side + side)
            key = f"{tile}/{array}"
            if key not in self.groups:
                self.groups[key] = self.groups[tile][array]
            source = self.groups[key]
            values = source[y, x][None] if array == "dem" else source[slot, :, y, x]
            out[name] = as_int16(values)
        return out


class TiffSamples:
    """GeoTIFF copies of the archive, one file a date, through rasterio."""

    def __init__(self, root, samples):
        self.root, self.samples, self.open = root, samples, {}

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        import rasterio
        from rasterio.windows import Window

        tile, roles = self.samples[index]
        out = {}
        for name, array, slot, row, col in roles:
            key = self.root / tile / f"{array}-{slot:04d}.tif"
            if key not in self.open:
                self.open[key] = rasterio.open(key)
            side = SIDE[array]
            out[name] = as_int16(self.open[key].read(window=Window(col * side, row * side, side, side)))
        return out


class GeoSamples:
    """The same copies through TorchGeo's RasterDataset, asked by ground and time."""

    def __init__(self, root, samples):
        self.root, self.samples, self.sets = root, samples, {}

    def __len__(self):
        return len(self.samples)

    def dataset(self, tile, array):
        from torchgeo.datasets import RasterDataset

        class Dates(RasterDataset):
            filename_glob = f"{array}-????????.tif"
            filename_regex = rf"{array}-(?P<date>\d+)\.tif"
            date_format = "%Y%m%d"
            is_image = True

        if (tile, array) not in self.sets:
            self.sets[tile, array] = Dates(self.root / tile)
        return self.sets[tile, array]

    def __getitem__(self, index):
        import pandas as pd

        tile, roles = self.samples[index]
        out = {}
        for name, array, slot, row, col in roles:
            data = self.dataset(tile, array)
            step = 10.0 if array != "dem" else 20.0
            side = SIDE[array] * step
            x, y, _ = data.bounds
            left, top = x.start + col * side, y.stop - row * side
            day = pd.Timestamp("2018-01-01") + pd.Timedelta(days=slot)
            where = (slice(left, left + side), slice(top - side, top), slice(day, day + pd.Timedelta(hours=1)))
            out[name] = as_int16(data[where]["image"].numpy().astype(np.uint16 if array == "s1" else np.int16))
        return out


def loader(dataset, workers, **more):
    from torch.utils.data import DataLoader

    if workers:
        more |= {"prefetch_factor": 4, "persistent_workers": True}
    return DataLoader(dataset, batch_size=BATCH, num_workers=workers, **more)


def lit(folder, workers):
    from litdata import StreamingDataLoader, StreamingDataset

    data = StreamingDataset(str(folder / "litdata"), shuffle=False, drop_last=False)
    return StreamingDataLoader(data, batch_size=BATCH, num_workers=workers, prefetch_factor=4)


def mosaic(folder, workers):
    import streaming

    streaming.base.util.clean_stale_shared_memory()
    data = streaming.StreamingDataset(local=str(folder / "mosaic"), shuffle=False, batch_size=BATCH)
    return loader(data, workers)


def tfrecord(folder, samples, _workers):
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(2)
    shapes = {n: shape(a) for n, a, *_ in samples[0][1]}
    spec = {n: tf.io.FixedLenFeature([], tf.string) for n in shapes}

    def decode(text):
        one = tf.io.parse_single_example(text, spec)
        return {n: tf.reshape(tf.io.decode_raw(one[n], tf.int16), s) for n, s in shapes.items()}

    files = sorted(str(p) for p in (folder / "tfrecord").glob("*.tfrecord"))
    data = tf.data.TFRecordDataset(files, buffer_size=8 << 20)
    return data.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)


def shape(array):
    bands = {"s2_10m": 4, "s1": 2, "dem": 1}[array]
    return (bands, SIDE[array], SIDE[array])


def batches(name, folder, samples, workers):
    if name in ("none", "lz4", "zstd"):
        return loader(ZarrSamples(folder / name, samples), workers)
    if name == "rasterio":
        return loader(TiffSamples(folder / "tiff", samples), workers)
    if name == "torchgeo":
        return loader(GeoSamples(folder / "tiff", samples), workers)
    return {"litdata": lit, "mosaic": mosaic}[name](folder, workers)


def main():
    name, folder, listed, workers = sys.argv[1:5]
    samples = read_samples(listed)
    folder, workers = Path(folder), int(workers)
    tf = name == "tfrecord"
    source = tfrecord(folder, samples, workers) if tf else batches(name, folder, samples, workers)
    began = time.perf_counter()
    first = last = None
    count = 0
    for batch in source:
        if first is None:
            first = time.perf_counter()
        else:
            count += len(next(iter(batch.values())))
        last = batch
    ended = time.perf_counter()
    values = [np.asarray(last[n]).astype(np.int64).sum() for n, *_ in samples[0][1]]
    print(json.dumps({"seconds": ended - first, "samples": count, "epoch": ended - began, "sum": int(sum(values))}))
    sys.stdout.flush()
    # Some of these libraries hang in their own clean-up.
    os._exit(0)


if __name__ == "__main__":
    main()
