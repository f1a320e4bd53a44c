"""Copies of the same samples in the formats of others: convert.py FORMAT FOLDER SAMPLES.

`tiff` copies the archive itself, one tiled GeoTIFF a date, uncompressed; litdata, mosaic and tfrecord hold
the listed samples, in order, one record each. Nothing is compressed: this is the fastest to read.
"""
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from readers import ZarrSamples, read_samples, shape  # noqa: E402


def tiff(folder, _samples):
    import rasterio
    import zarr
    from rasterio.transform import from_origin

    for tile in sorted((folder / "none" / "pixels").glob("*.zarr")):
        group = zarr.open_group(tile, mode="r")
        to = folder / "tiff" / tile.stem
        to.mkdir(parents=True, exist_ok=True)
        for array in ("s2_10m", "s1", "dem"):
            source = group[array]
            step = 20 if array == "dem" else 10
            for slot in range(1 if array == "dem" else source.shape[0]):
                values = source[:][None] if array == "dem" else source[slot]
                bands, height, width = values.shape
                about = {
                    "driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": values.dtype,
                    "tiled": True, "blockxsize": 256 if step == 10 else 128, "blockysize": 256 if step == 10 else 128,
                    "interleave": "band", "crs": "EPSG:32631", "transform": from_origin(600000, 4900000, step, step),
                }
                path = to / f"{array}-{slot:04d}.tif"
                with rasterio.open(path, "w", **about) as file:
                    file.write(values)
                # TorchGeo reads the date from the name.
                day = date(2018, 1, 1) + timedelta(days=slot)
                link = to / f"{array}-{day:%Y%m%d}.tif"
                link.unlink(missing_ok=True)
                link.hardlink_to(path)


def litdata(folder, samples):
    from litdata.streaming.writer import BinaryWriter

    to = folder / "litdata"
    to.mkdir(parents=True)
    data = ZarrSamples(folder / "none", samples)
    import torch

    writer = BinaryWriter(str(to), chunk_bytes="64MB")
    for index in range(len(data)):
        writer.add_item(index, {n: torch.from_numpy(v) for n, v in data[index].items()})
    writer.done()
    writer.merge()


def mosaic(folder, samples):
    from streaming import MDSWriter

    names = {n: "ndarray:int16:" + ",".join(map(str, shape(a))) for n, a, *_ in samples[0][1]}
    data = ZarrSamples(folder / "none", samples)
    with MDSWriter(out=str(folder / "mosaic"), columns=names, size_limit=1 << 26) as writer:
        for index in range(len(data)):
            writer.write(data[index])


def tfrecord(folder, samples):
    import tensorflow as tf

    to = folder / "tfrecord"
    to.mkdir(parents=True)
    data = ZarrSamples(folder / "none", samples)
    for start in range(0, len(data), 100):
        with tf.io.TFRecordWriter(str(to / f"{start // 100:05d}.tfrecord")) as writer:
            for index in range(start, min(start + 100, len(data))):
                one = {
                    n: tf.train.Feature(bytes_list=tf.train.BytesList(value=[v.tobytes()])) for n, v in data[index].items()
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=one)).SerializeToString())


def main():
    name, folder, listed = sys.argv[1:4]
    folder = Path(folder)
    shutil.rmtree(folder / name, ignore_errors=True)
    {"tiff": tiff, "litdata": litdata, "mosaic": mosaic, "tfrecord": tfrecord}[name](folder, read_samples(listed))


if __name__ == "__main__":
    main()
