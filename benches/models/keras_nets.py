"""The original's networks in Keras, compiled into a graph, as it trains them: keras_nets.py infer|step CARD BATCH SIDE COUNT.

Channels come last, as the original has them. Prints a line of JSON: seconds of each pass or step, parameters.
"""
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

DATES = {"msop-unet": ["tm1", "t", "tp1"], "david": ["tm1", "t", "tp1"]}


def conv(filters, kernel, stride=1, relu=True):
    return layers.Conv2D(filters, kernel, stride, "same", activation="relu" if relu else None)


def up(filters):
    return layers.Conv2DTranspose(filters, 3, 2, "same", activation="relu")


def network(card, w=64):
    dates = DATES[card]
    inputs = {"dem": layers.Input((None, None, 1), name="dem")}
    for date in dates:
        inputs[f"s1_{date}"] = layers.Input((None, None, 2), name=f"s1_{date}")
        inputs[f"s2_{date}"] = layers.Input((None, None, 4), name=f"s2_{date}")
    conv1, conv2, relief = conv(w, 5), conv(2 * w, 3, 2), conv(w, 3)(inputs["dem"])
    deep = [conv(4 * w, 3, 2)] + ([] if card == "david" else [conv(8 * w, 3, 2) for _ in range(3)])
    levels = [[] for _ in range(2 + len(deep))]
    for date in dates:
        fine = conv1(tf.keras.ops.concatenate([inputs[f"s1_{date}"], inputs[f"s2_{date}"]], -1))
        x = tf.keras.ops.concatenate([conv2(fine), relief], -1)
        levels[0].append(fine)
        levels[1].append(x)
        for level, down in enumerate(deep):
            x = down(x)
            levels[level + 2].append(x)
    x = layers.concatenate(levels[-1])
    if card == "david":
        out = conv(4, 5)(up(w)(up(2 * w)(x)))
    else:
        for filters, skips in zip([8 * w, 8 * w, 4 * w, 2 * w, w], reversed(levels[:-1])):
            x = layers.concatenate([*skips, up(filters)(x)])
        out = conv(4, 5, relu=False)(x)
    return tf.keras.Model(inputs, out)


def main():
    kind, card, batch, side, count = sys.argv[1:6]
    batch, side, count = int(batch), int(side), int(count)
    net, rng = network(card), np.random.default_rng(1)
    random = lambda scale, bands: tf.constant(rng.random((batch, side // scale, side // scale, bands), np.float32))
    inputs = {"dem": random(2, 1)}
    for date in DATES[card]:
        inputs[f"s1_{date}"], inputs[f"s2_{date}"] = random(1, 2), random(1, 4)
    target = random(1, 4)
    adam = tf.keras.optimizers.Adam(1e-4, epsilon=1e-7)

    @tf.function
    def infer():
        return net(inputs)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(net(inputs, training=True) - target))
        adam.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))
        return loss

    run, seconds = (infer if kind == "infer" else step), []
    # The first call traces the graph.
    for _ in range(count + 1):
        began = time.perf_counter()
        run().numpy()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds[1:], "parameters": net.count_params()}))


if __name__ == "__main__":
    main()
