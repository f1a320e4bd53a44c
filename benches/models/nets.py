"""The networks once more, in eager PyTorch, as one would write them there.

usage: nets.py infer|step CARD BATCH SIDE COUNT [cuda] [half]
       nets.py loop CARD BATCH SIDE COUNT FOLDER SAMPLES WORKERS [cuda] [half]
       nets.py ceiling

`cuda` runs on the first GPU, with cuDNN's search for the fastest kernels and Adam as one kernel; `half` there in autocast to bfloat16
with channels last. `ceiling` multiplies large matrices in bfloat16 and copies memory: what this GPU can do.
Prints a line of JSON: seconds of each pass or step, parameters; for `loop` the seconds from the end of the first step to
the end of the last. The loop reads the samples from the archive with zarr-python in a DataLoader.
"""
import json
import os
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

DATES = {"msop-unet": ["tm1", "t", "tp1"], "david": ["tm1", "t", "tp1"], "ssop-unet": ["t"], "ssop-resnet": ["t"]}


class Down(nn.Conv2d):
    """3 x 3, stride 2: zeros after, none before, as TensorFlow pads."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, stride=2)

    def forward(self, x):
        return F.relu(super().forward(F.pad(x, (0, 1, 0, 1))))


class Up(nn.ConvTranspose2d):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, stride=2)

    def forward(self, x):
        height, width = x.shape[2] * 2, x.shape[3] * 2
        return F.relu(super().forward(x)[:, :, :height, :width])


class Stem(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.conv1 = nn.Conv2d(6, w, 5, padding=2)
        self.conv2 = Down(w, 2 * w)
        self.conv1_dem = nn.Conv2d(1, w, 3, padding=1)

    def relief(self, inputs):
        return F.relu(self.conv1_dem(inputs["dem"]))

    def forward(self, date, inputs, relief):
        fine = F.relu(self.conv1(torch.cat([inputs[f"s1_{date}"], inputs[f"s2_{date}"]], 1)))
        return fine, torch.cat([self.conv2(fine), relief], 1)


class Unet(nn.Module):
    def __init__(self, dates, w=64):
        super().__init__()
        n = len(dates)
        self.dates, self.stem = dates, Stem(w)
        self.down = nn.ModuleList([Down(3 * w, 4 * w), Down(4 * w, 8 * w), Down(8 * w, 8 * w), Down(8 * w, 8 * w)])
        wide = [n * 8 * w, n * 8 * w + 8 * w, n * 8 * w + 8 * w, n * 4 * w + 4 * w, n * 3 * w + 2 * w]
        self.up = nn.ModuleList([Up(i, o) for i, o in zip(wide, [8 * w, 8 * w, 4 * w, 2 * w, w])])
        self.estim = nn.Conv2d(n * w + w, 4, 5, padding=2)

    def forward(self, inputs):
        levels, relief = [[] for _ in range(6)], self.stem.relief(inputs)
        for date in self.dates:
            fine, x = self.stem(date, inputs, relief)
            levels[0].append(fine)
            levels[1].append(x)
            for level, down in enumerate(self.down):
                x = down(x)
                levels[level + 2].append(x)
        x = torch.cat(levels[5], 1)
        for up, skips in zip(self.up, reversed(levels[:5])):
            x = torch.cat([*skips, up(x)], 1)
        return self.estim(x)


class David(nn.Module):
    def __init__(self, dates, w=64):
        super().__init__()
        self.dates, self.stem = dates, Stem(w)
        self.conv3 = Down(3 * w, 4 * w)
        self.deconv1, self.deconv2 = Up(len(dates) * 4 * w, 2 * w), Up(2 * w, w)
        self.estim = nn.Conv2d(w, 4, 5, padding=2)

    def forward(self, inputs):
        relief = self.stem.relief(inputs)
        codes = [self.conv3(self.stem(date, inputs, relief)[1]) for date in self.dates]
        return F.relu(self.estim(self.deconv2(self.deconv1(torch.cat(codes, 1)))))


class Resnet(nn.Module):
    def __init__(self, _dates, w=64):
        super().__init__()
        w *= 4
        self.first = nn.Conv2d(6, w, 3, padding=1)
        self.blocks = nn.ModuleList(nn.ModuleList([nn.Conv2d(w, w, 3, padding=1) for _ in range(2)]) for _ in range(16))
        self.last = nn.Conv2d(w, 4, 3, padding=1)

    def forward(self, inputs):
        x = F.relu(self.first(torch.cat([inputs["s1_t"], inputs["s2_t"]], 1)))
        for one, two in self.blocks:
            x = F.relu(0.1 * two(F.relu(one(x))) + x)
        return self.last(x) + inputs["s2_t"]


def network(card):
    kind = {"david": David, "ssop-resnet": Resnet}.get(card, Unet)
    return kind(DATES[card])


def random_inputs(card, batch, side):
    out = {"dem": torch.rand(batch, 1, side // 2, side // 2), "s2_target": torch.rand(batch, 4, side, side)}
    for date in DATES[card]:
        out[f"s1_{date}"] = torch.rand(batch, 2, side, side)
        out[f"s2_{date}"] = torch.rand(batch, 4, side, side)
    return out


class Place:
    """Where and how a network runs."""

    def __init__(self, words):
        self.cuda, self.half = "cuda" in words, "half" in words
        self.device = torch.device("cuda" if self.cuda else "cpu")
        self.format = torch.channels_last if self.half else torch.contiguous_format
        torch.backends.cudnn.benchmark = True

    def net(self, card):
        return network(card).to(self.device, memory_format=self.format)

    def images(self, tensors):
        return {n: t.contiguous(memory_format=self.format) if t.dim() == 4 else t for n, t in tensors.items()}

    def mixed(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)

    def wait(self):
        if self.cuda:
            torch.cuda.synchronize()


def normalised(batch, device):
    """Stored integers as the network sees them, and where the target holds data."""
    batch = {name: values.to(device, non_blocking=True) for name, values in batch.items()}
    out = {}
    for name, values in batch.items():
        scaled = (values.int() & 0xFFFF).float() / 65535 if name.startswith("s1") else values.float() * 1e-4
        out[name] = scaled
    out["valid"] = (batch["s2_target"] != -10000).all(1, keepdim=True)
    return out


class Learner:
    def __init__(self, net, place):
        self.net, self.place = net, place
        self.adam = torch.optim.Adam(net.parameters(), lr=1e-4, eps=1e-7, fused=place.cuda or None)

    def step(self, inputs):
        self.adam.zero_grad()
        with self.place.mixed():
            output = self.net(inputs)
        error = (output.float() - inputs["s2_target"]).abs()
        valid = inputs.get("valid")
        if valid is None:
            loss = error.mean()
        else:
            loss = (error * valid).sum() / (valid.sum() * error.shape[1])
        loss.backward()
        self.adam.step()
        return loss.item()


def ceiling():
    """TFLOP/s of a product of matrices of 8192 in bfloat16, TB/s read and written by a copy on the device."""
    one, two = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    source = torch.randn(1 << 30, device="cuda")
    target = torch.empty_like(source)

    def seconds(work):
        times = []
        for _ in range(8):
            torch.cuda.synchronize()
            began = time.perf_counter()
            for _ in range(10):
                work()
            torch.cuda.synchronize()
            times.append((time.perf_counter() - began) / 10)
        return sorted(times)[4]

    flops, moved = 2 * 8192**3, 2 * source.numel() * source.element_size()
    tflops = flops / seconds(lambda: one @ two) / 1e12
    found = {"gpu": torch.cuda.get_device_name(), "tflops": tflops, "tbs": moved / seconds(lambda: target.copy_(source)) / 1e12}
    print(json.dumps(found))


def main():
    if sys.argv[1:] == ["ceiling"]:
        return ceiling()
    kind, card, batch, side, count = sys.argv[1:6]
    batch, side, count = int(batch), int(side), int(count)
    torch.manual_seed(1)
    place = Place(sys.argv[6:])
    net = place.net(card)
    seconds = []
    if kind in ("infer", "step"):
        inputs = random_inputs(card, batch, side)
        inputs = place.images({name: values.to(place.device) for name, values in inputs.items()})
        learner = Learner(net, place)

        def once():
            if kind == "step":
                return learner.step(inputs)
            with torch.no_grad(), place.mixed():
                return net(inputs)

        for _ in range(count):
            began = time.perf_counter()
            once()
            place.wait()
            seconds.append(time.perf_counter() - began)
    else:
        folder, listed, workers = Path(sys.argv[6]), sys.argv[7], int(sys.argv[8])
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "patches"))
        import readers

        readers.BATCH = batch
        readers.SIDE = {"s2_10m": side, "s1": side, "dem": side // 2}
        learner, ends = Learner(net, place), []
        samples = readers.read_samples(listed)[: batch * count]
        for one in readers.loader(readers.ZarrSamples(folder, samples), workers, pin_memory=place.cuda):
            learner.step(place.images(normalised(one, place.device)))
            ends.append(time.perf_counter())
        seconds = [b - a for a, b in zip(ends, ends[1:])]
    print(json.dumps({"seconds": seconds, "parameters": sum(p.numel() for p in net.parameters())}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
