"""Writes the files the example ships: weights, sample images, held-out digits, expected results."""

import json
import struct
import zlib

import numpy as np

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
HELD_OUT_PER_CLASS = 20
DTYPES = {"float32": "F32", "int32": "I32", "uint16": "U16"}


def write_artifacts(directory, weights, test, accuracy):
    """weights: the pruned network; test: (images, labels); accuracy: shares by name, on all test images."""
    images, labels = held_out(*test)
    logits = exact_logits(weights, images)
    right = logits.argmax(axis=1) == labels
    samples = [first_certain(logits, labels, digit) for digit in range(10)]

    write_safetensors(directory / "digits.safetensors", *stored(weights))
    np.savez_compressed(directory / "heldout.npz", images=images, labels=labels)
    for digit, name in enumerate(NAMES):
        write_png(directory / f"{name}.png", images[samples[digit]])
    write_expected(directory / "expected.json", logits[samples[7]], right, len(test[1]), accuracy)


def held_out(images, labels):
    """The first 20 test images of every class."""
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:HELD_OUT_PER_CLASS] for digit in range(10)])
    return images[chosen], labels[chosen]


def exact_logits(weights, images):
    """Logits of the stored f32 weights, computed in f64 so that they can serve as a reference."""
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    x = images.reshape(len(images), -1) / 255.0
    return np.maximum(x @ w["w1"].T + w["b1"], 0) @ w["w2"].T + w["b2"]


def probabilities(logits):
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def first_certain(logits, labels, digit):
    """The first held-out image of a digit that the network gives more than 99 %."""
    certain = (labels == digit) & (probabilities(logits)[:, digit] > 0.99)
    return int(np.flatnonzero(certain)[0])


def stored(weights):
    """Tensors and metadata of the weight file: w1 compressed by rows (CSR), the rest as they are."""
    w1 = weights["w1"]
    rows, columns = np.nonzero(w1)
    tensors = {
        "b1": weights["b1"], "b2": weights["b2"], "w2": weights["w2"],
        "w1.values": w1[rows, columns],
        "w1.indptr": np.searchsorted(rows, np.arange(len(w1) + 1)).astype(np.int32),
        "w1.indices": columns.astype(np.uint16),
    }
    return tensors, {"w1.format": "csr", "w1.shape": ",".join(str(n) for n in w1.shape)}


def write_safetensors(path, tensors, metadata):
    """The safetensors format: u64 header length, JSON header padded to 8 bytes, then the data, widest type first."""
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header, offset = {"__metadata__": metadata}, 0
    for name in order:
        values = tensors[name]
        header[name] = {"dtype": DTYPES[values.dtype.name], "shape": list(values.shape),
                        "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(tensors[name]).astype(tensors[name].dtype.newbyteorder("<")).tobytes()
                    for name in order)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_png(path, image):
    """One u8 image as an 8-bit grayscale PNG: white digit on black, as in MNIST."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = image.shape
    lines = b"".join(b"\0" + row.tobytes() for row in image)
    path.write_bytes(b"\x89PNG\r\n\x1a\n"
                     + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def write_expected(path, seven, right, test_images, accuracy):
    expected = {
        "seven": {"class": int(seven.argmax()), "probability": round(float(probabilities(seven).max()), 9),
                  "logits": [round(float(value), 9) for value in seven]},
        "heldout": {"images": len(right), "correct": int(right.sum()), "accuracy": float(right.mean())},
        "test": {"images": test_images, "dense_accuracy": round(accuracy["dense"], 6),
                 "pruned_accuracy": round(accuracy["pruned"], 6)},
    }
    path.write_text(json.dumps(expected, indent=2) + "\n", newline="\n")
