"""The numbers of src/metrics/golden.json: our metrics as scikit-image and torchmetrics compute them.

    python metrics.py > src/metrics/golden.json      # needs numpy, scikit-image, torch, torchmetrics

The images are drawn by a generator that the test repeats, so that only numbers are kept.
"""

import json

import numpy
import skimage
import torch
import torchmetrics
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional import image as tm

SHAPE = (3, 4, 24, 20)


def draw(seed):
    """Numbers in 0..1 by a congruential generator, in the order of the array."""
    state, values = seed, []
    for _ in range(numpy.prod(SHAPE)):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append((state >> 40) / 2**24)
    return numpy.array(values).reshape(SHAPE)


target = draw(1) * 0.5 + 0.05
output = target + (draw(2) - 0.4) * 0.2


def similarity(a, b):
    return structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0, channel_axis=0
    )


images = range(SHAPE[0])
tensors = [torch.from_numpy(x) for x in (output, target)]
_, windows = tm.structural_similarity_index_measure(
    *tensors, sigma=1.5, kernel_size=11, data_range=1.0, return_full_image=True
)
angle = tm.spectral_angle_mapper(*tensors)
print(
    json.dumps(
        {
            "versions": {
                "scikit-image": skimage.__version__,
                "torchmetrics": torchmetrics.__version__,
            },
            "scikit-image": {
                "mse": 1e8 * mean_squared_error(target, output),
                "psnr": peak_signal_noise_ratio(target, output, data_range=1.0),
                "psnr_median": float(
                    numpy.median([peak_signal_noise_ratio(target[i], output[i], data_range=1.0) for i in images])
                ),
                "ssim": float(numpy.mean([similarity(target[i], output[i]) for i in images])),
            },
            "torchmetrics": {
                "psnr": float(tm.peak_signal_noise_ratio(*tensors, data_range=1.0)),
                # It averages over windows that mirror the image at its edge as well; whole ones are what we count.
                "ssim": float(windows[..., 5:-5, 5:-5].mean()),
                "sam_deg": float(torch.rad2deg(angle)),
                "mae": 1e4 * float(torchmetrics.functional.mean_absolute_error(*tensors)),
                "mse": 1e8 * float(torchmetrics.functional.mean_squared_error(*tensors)),
            },
        },
        indent=2,
    )
)
