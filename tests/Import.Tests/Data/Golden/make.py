"""Writes the npy and npz files in this folder with NumPy; their values are what NumpyGoldenTests expects."""
import os
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


def ramp(dtype, shape=(2, 3)):
    """Element i is i for bool, unsigned and signed types, less 2 for signed ones, and a quarter of that for floats."""
    dtype = np.dtype(dtype)
    values = np.arange(int(np.prod(shape)))
    if dtype.kind == "b":
        values = values % 2
    if dtype.kind in "if":
        values = values - 2
    if dtype.kind == "f":
        values = values * 0.25
    return values.astype(dtype).reshape(shape)


types = ["?", "u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"]
named = {np.dtype(t).name: ramp(t) for t in types}
np.savez(path("types.npz"), **named)
np.savez_compressed(path("types-deflated.npz"), **named)
np.savez(path("big-endian.npz"), **{np.dtype(t).name: ramp(np.dtype(t).newbyteorder(">")) for t in types})
np.save(path("f4.npy"), ramp("<f4", (3, 4)))
np.save(path("fortran.npy"), np.asfortranarray(ramp("<f8", (3, 4, 2))))
np.save(path("scalar.npy"), np.float32(1.5))
np.save(path("vector.npy"), ramp("<i8", (7,)))
np.save(path("empty.npy"), np.zeros((0, 5), np.float32))
for version in (2, 3):
    with open(path(f"version{version}.npy"), "wb") as file:
        np.lib.format.write_array(file, ramp("<f4", (3, 4)), version=(version, 0))
np.save(path("complex.npy"), np.zeros(2, np.complex64))
np.save(path("record.npy"), np.zeros(2, [("x", "<f4"), ("y", "<i4")]))
