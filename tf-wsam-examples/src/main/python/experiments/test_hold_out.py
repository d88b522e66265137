"""Tests of hold_out.py, on small data sets: python -m unittest test_hold_out"""

import contextlib
import io
import tempfile
import unittest
from collections import Counter
from pathlib import Path
from typing import List

import hold_out


class HoldOut(unittest.TestCase):
    """A fifth of each class is held out, and nothing is lost, doubled, or taken from the test part."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name) / "data"
        self.out = Path(folder.name) / "out"

    def write(self, name: str, content: bytes) -> None:
        file = self.data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def hold_out(self, *options: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            hold_out.main(["--data", str(self.data), "--out", str(self.out), *options])

    def records(self, name: str, size: int) -> List[bytes]:
        content = (self.out / name).read_bytes()
        return [content[at : at + size] for at in range(0, len(content), size)]

    def test_cifar10(self) -> None:
        all_records = [bytes([i % 10]) + i.to_bytes(2, "big") * 1536 for i in range(200)]
        self.write("images/cifar/data_batch_1.bin", b"".join(all_records[:120]))
        self.write("images/cifar/data_batch_2.bin", b"".join(all_records[120:]))
        self.write("images/cifar/test_batch.bin", b"not read")
        self.hold_out()
        training = self.records("images/cifar/data_batch_1.bin", 3073)
        test = self.records("images/cifar/test_batch.bin", 3073)
        self.assertEqual(Counter(all_records), Counter(training + test))
        self.assertEqual({label: 4 for label in range(10)}, Counter(record[0] for record in test))

    def test_cifar100_by_the_fine_classes(self) -> None:
        all_records = [bytes([i % 2, i % 20]) + i.to_bytes(2, "big") * 1536 for i in range(100)]
        self.write("train.bin", b"".join(all_records))
        self.write("test.bin", b"not read")
        self.hold_out()
        training = self.records("train.bin", 3074)
        test = self.records("test.bin", 3074)
        self.assertEqual(Counter(all_records), Counter(training + test))
        self.assertEqual({label: 1 for label in range(20)}, Counter(record[1] for record in test))

    def test_text(self) -> None:
        lines = [f"{i % 2}\ttext {i}" for i in range(50)] + ["7\tthe only one"]
        self.write("text/train.tsv", "\n".join(lines).encode())
        self.hold_out()
        training = (self.out / "text/train.tsv").read_text().splitlines()
        test = (self.out / "text/test.tsv").read_text().splitlines()
        self.assertEqual(Counter(lines), Counter(training + test))
        self.assertEqual(10, len(test))
        self.assertIn(lines[-1], training)

    def test_speech(self) -> None:
        for digit in range(2):
            for index in range(50):
                self.write(f"recordings/{digit}_ann_{index}.wav", f"{digit} {index}".encode())
        self.hold_out()
        files = {file.name: file.read_text() for file in (self.out / "recordings").iterdir()}
        self.assertEqual(
            sorted(f"{digit} {index}" for digit in range(2) for index in range(5, 50)), sorted(files.values())
        )
        test = {name: content for name, content in files.items() if int(name[:-4].split("_")[2]) < 5}
        self.assertEqual(18, len(test))
        self.assertTrue(all(name[0] == content[0] for name, content in test.items()))
        training = {name: content for name, content in files.items() if name not in test}
        self.assertTrue(all(name == content.replace(" ", "_ann_") + ".wav" for name, content in training.items()))

    def test_the_seed_decides_whatever_else_there_is(self) -> None:
        self.write("text/train.tsv", b"".join(b"0\ttext %d\n" % i for i in range(50)))
        parts = []
        for run, options in enumerate((["--seed", "1"], ["--seed", "1"], ["--seed", "2"])):
            self.out = self.data.parent / f"out{run}"
            self.hold_out(*options)
            parts.append((self.out / "text/test.tsv").read_bytes())
            self.write("cifar/train.bin", bytes(3074) * 10)
        self.assertEqual(parts[0], parts[1])
        self.assertNotEqual(parts[0], parts[2])

    def test_refuses(self) -> None:
        self.data.mkdir()
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as errors:
            self.hold_out()
        self.assertIn("no data set", errors.getvalue())
        self.write("train.bin", bytes(3074) + b"more")
        with self.assertRaises(SystemExit) as damaged:
            self.hold_out()
        self.assertIn("no whole records", str(damaged.exception))
        self.out.mkdir()
        (self.out / "file").touch()
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as errors:
            self.hold_out()
        self.assertIn("is not empty", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
