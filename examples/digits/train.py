"""Trains the digit classifier of this example, prunes it, and writes what the example ships.

    train.py MNIST_TGZ OUTPUT_DIRECTORY

The network is 784 -> 256 -> 10 with a ReLU between. It is trained dense, then w1 is pruned by magnitude
while training goes on (Zhu & Gupta 2017, "To prune, or not to prune": the share of zeros follows a cubic),
then w2 is made 2:4 sparse and everything that is left is fine-tuned under fixed masks.

Data is split once into training, validation and test images. Nothing is ever chosen by looking at the test
images: hyper-parameters were picked on the validation images.
"""

import sys
from pathlib import Path

import numpy as np

import mnist
from artifacts import write_artifacts

SEED = 20240607
HIDDEN = 256
W1_ZEROS = 0.95
DENSE_EPOCHS, PRUNE_EPOCHS, FINETUNE_EPOCHS = 60, 30, 60
BATCH = 100
DENSE_RATE, PRUNE_RATE, FINETUNE_RATE = 2e-3, 1e-3, 1e-3
# Batches between two updates of w1's mask.
MASK_EVERY = 10


def initial_weights(rng):
    """He initialisation, which suits a ReLU."""
    def he(rows, columns):
        return (rng.standard_normal((rows, columns)) * np.sqrt(2 / columns)).astype(np.float32)

    return {"w1": he(HIDDEN, mnist.PIXELS), "b1": np.zeros(HIDDEN, np.float32),
            "w2": he(10, HIDDEN), "b2": np.zeros(10, np.float32)}


def scaled(images):
    """u8 pixels [n, 28, 28] as f32 in 0..1, flattened to [n, 784]."""
    return images.reshape(len(images), -1).astype(np.float32) * np.float32(1 / 255)


def forward(weights, x):
    hidden = np.maximum(x @ weights["w1"].T + weights["b1"], 0)
    return hidden, hidden @ weights["w2"].T + weights["b2"]


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def accuracy(weights, images, labels):
    """Share of images whose largest logit is the label's."""
    return float((forward(weights, scaled(images))[1].argmax(axis=1) == labels).mean())


def gradients(weights, x, labels):
    """Gradients of the mean cross-entropy of one batch."""
    hidden, logits = forward(weights, x)
    delta = softmax(logits)
    delta[np.arange(len(labels)), labels] -= 1
    delta /= np.float32(len(labels))
    back = (delta @ weights["w2"]) * (hidden > 0)
    return {"w1": back.T @ x, "b1": back.sum(axis=0), "w2": delta.T @ hidden, "b2": delta.sum(axis=0)}


class Adam:
    """Adam (Kingma & Ba 2015) over a dictionary of arrays, updated in place."""

    def __init__(self, weights, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.beta1, self.beta2, self.epsilon, self.steps = beta1, beta2, epsilon, 0
        self.mean = {name: np.zeros_like(w) for name, w in weights.items()}
        self.square = {name: np.zeros_like(w) for name, w in weights.items()}

    def step(self, weights, grads, rate):
        self.steps += 1
        # Plain floats: numpy then keeps the arrays in f32.
        size = float(rate * np.sqrt(1 - self.beta2 ** self.steps) / (1 - self.beta1 ** self.steps))
        for name, w in weights.items():
            mean, square, grad = self.mean[name], self.square[name], grads[name]
            mean += (1 - self.beta1) * (grad - mean)
            square += (1 - self.beta2) * (grad * grad - square)
            w -= size * mean / (np.sqrt(square) + self.epsilon)


def largest(w, zeros):
    """Mask of w's largest magnitudes; exactly round(zeros * size) entries are left out."""
    mask = np.ones(w.size, bool)
    mask[np.argsort(np.abs(w), axis=None, kind="stable")[:round(zeros * w.size)]] = False
    return mask.reshape(w.shape)


def two_of_four(w):
    """Mask of the two largest magnitudes of every four consecutive entries of a row."""
    groups = np.abs(w).reshape(-1, 4)
    order = np.argsort(-groups, axis=1, kind="stable")
    mask = np.zeros(groups.shape, bool)
    np.put_along_axis(mask, order[:, :2], True, axis=1)
    return mask.reshape(w.shape)


def train(weights, data, rng, epochs, rate, phase, update_masks=None, masks=None):
    """Runs epochs over augmented training images, the rate falling to nothing on a cosine.

    update_masks(progress, masks), if given, is called every MASK_EVERY batches with progress in 0..1.
    """
    masks = masks if masks is not None else {}
    adam = Adam(weights)
    images, labels = data.train
    batches = len(images) // BATCH
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        pixels = scaled_augmented(images[order], rng)
        for batch in range(batches):
            at = slice(batch * BATCH, (batch + 1) * BATCH)
            progress = (epoch + batch / batches) / epochs
            if update_masks is not None and batch % MASK_EVERY == 0:
                update_masks(progress, masks)
            grads = gradients(weights, pixels[at], labels[order[at]])
            adam.step(weights, grads, rate * 0.5 * (1 + np.cos(np.pi * progress)))
            for name, mask in masks.items():
                weights[name] *= mask
        if (epoch + 1) % 10 == 0:
            print(f"{phase} epoch {epoch + 1}: validation {accuracy(weights, *data.validation):.2%}, "
                  f"w1 {np.mean(weights['w1'] == 0):.1%} zeros", flush=True)


def scaled_augmented(images, rng):
    return mnist.jittered(images, rng).reshape(len(images), -1) * np.float32(1 / 255)


def prune(weights, data, rng):
    """Raises w1's zeros to W1_ZEROS on a cubic, makes w2 2:4 sparse, and fine-tunes; changes weights in place."""
    def ramp(progress, masks):
        # Done at 80 % so that the last masks see some training before they are frozen.
        masks["w1"] = largest(weights["w1"], W1_ZEROS * (1 - (1 - min(progress / 0.8, 1)) ** 3))

    masks = {}
    train(weights, data, rng, PRUNE_EPOCHS, PRUNE_RATE, "prune", ramp, masks)
    masks = {"w1": largest(weights["w1"], W1_ZEROS), "w2": two_of_four(weights["w2"])}
    for name, mask in masks.items():
        weights[name] *= mask
    train(weights, data, rng, FINETUNE_EPOCHS, FINETUNE_RATE, "fine-tune", masks=masks)
    check_sparsity(weights)


def check_sparsity(weights):
    """Stops unless w1 and w2 keep what the example promises."""
    zeros = np.mean(weights["w1"] == 0)
    if zeros < W1_ZEROS - 1e-5:
        sys.exit(f"w1 holds only {zeros:.2%} zeros")
    if not np.all(np.count_nonzero(weights["w2"].reshape(-1, 4), axis=1) == 2):
        sys.exit("w2 is not 2:4 sparse")


def main(tarball, directory):
    rng = np.random.default_rng(SEED)
    data = mnist.load(tarball, rng)
    print(f"{len(data.train[1])} training, {len(data.validation[1])} validation, {len(data.test[1])} test images")

    weights = initial_weights(rng)
    train(weights, data, rng, DENSE_EPOCHS, DENSE_RATE, "dense")
    dense = accuracy(weights, *data.test)
    prune(weights, data, rng)
    pruned = accuracy(weights, *data.test)

    print(f"test accuracy dense  {dense:.2%}")
    print(f"test accuracy pruned {pruned:.2%}")
    write_artifacts(Path(directory), weights, data.test, {"dense": dense, "pruned": pruned})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
