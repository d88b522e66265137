"""Writes the data files that the tests of the readers read: what NumPy and TensorFlow write themselves.

Run with NumPy and tensorflow-cpu 2.16.2:  python make_data_files.py ../resources/data
"""

import argparse
import pathlib
import zipfile

import numpy as np
import tensorflow as tf


def arrays():
    """Returns three examples of each dtype, order and format version, the extremes of integers among them."""
    table = np.arange(6).reshape(3, 2)
    cube = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    result = {}
    for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4"]:
        values = table.astype(code)
        values[0, 0] = np.iinfo(code).min
        values[0, 1] = np.iinfo(code).max
        result[code] = values
    result["u8"] = table.astype("u8")
    result["u8_large"] = np.array([1, 2**63, 3], "u8")
    for code in ["f2", "f4", "f8"]:
        result[code] = (table / 4 - 0.5).astype(code)
    result["b"] = table % 3 == 1
    result["big_f4"] = result["f4"].astype(">f4")
    result["big_i4"] = result["i4"].astype(">i4")
    result["fortran"] = np.asfortranarray(cube)
    result["fortran_vector"] = np.asfortranarray(np.arange(3, dtype=np.float32))
    result["fortran_strings"] = np.asfortranarray([["a", "b"], ["c", "d"], ["e", "f"]])
    result["unicode"] = np.array(["", "Zürich", "漢字😀"])
    result["bytes"] = np.array([b"", b"a\xff", b"long enough"])
    result["scalar"] = np.float32(3)
    result["empty"] = np.zeros((0, 2), np.float32)
    result["no_columns"] = np.zeros((3, 0), np.float32)
    result["complex"] = np.zeros(3, np.complex64)
    result["dates"] = np.zeros(3, "M8[s]")
    result["objects"] = np.array([{}, {}, {}])
    result["records"] = np.zeros(3, [("a", "f4"), ("b", "i4")])
    return result


def write_versions(path):
    """Writes the same array in each version of NumPy's format."""
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    with zipfile.ZipFile(path, "w") as archive:
        for major in (1, 2, 3):
            with archive.open(f"version_{major}.npy", "w") as file:
                np.lib.format.write_array(file, values, version=(major, 0))


def example(index):
    """Returns a record with a feature of each kind."""
    features = {
        "x": tf.train.Feature(float_list=tf.train.FloatList(value=[index, index + 0.5, -index, 1])),
        "y": tf.train.Feature(int64_list=tf.train.Int64List(value=[index % 3])),
        "s": tf.train.Feature(bytes_list=tf.train.BytesList(value=[f"é{index}".encode()])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    np.savez(folder / "dtypes.npz", **arrays())
    np.savez_compressed(folder / "compressed.npz", **arrays())
    write_versions(folder / "versions.npz")
    for name, compression in [("examples.tfrecord", ""), ("examples.tfrecord.gz", "GZIP")]:
        with tf.io.TFRecordWriter(str(folder / name), compression) as writer:
            for index in range(7):
                writer.write(example(index))


if __name__ == "__main__":
    main()
