"""Tests of compare.py, on commands that stand in for ours and for the peers: python -m unittest test_compare"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

STUB = f"""#!{sys.executable}
import json, os, sys, time
options = dict(zip(sys.argv[-2::-2], sys.argv[::-2]))
peer = options.get("--peer", "ours")
optimizer = options["--optimizer"]
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "log"), "a") as log:
    print(peer, optimizer, file=log)
with open(os.path.join(here, "log")) as log:
    turn = log.read().splitlines().count(peer + " " + optimizer)
if peer == os.environ.get("FAILING"):
    sys.exit("no such kernel")
if peer == os.environ.get("HANGING"):
    time.sleep(60)
# The second round is ten times slower, for all: ratios stay as they are.
slow = 10 if turn == 2 else 1
ms = slow * {{"base": 10, "sam": 20, "wsam": 21}}[optimizer] * (1 if peer == "ours" else 2)
with open(options["--json"], "w") as file:
    json.dump({{"step_ms": {{"min": ms - 1, "median": ms, "p90": ms + 1}}, "peak_rss_mb": 100.0, "versions": {{"Stub": "1"}}}}, file)
"""


class Compare(unittest.TestCase):
    """The rounds, the sums and what is said where something is amiss."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stub = self.folder / "stub"
        self.stub.write_text(STUB)
        self.stub.chmod(0o755)

    def start(self, *options: str, **environment: str) -> subprocess.Popen:
        script = Path(__file__).with_name("compare.py")
        command = [sys.executable, script, "--model", "mlp", "--batch", "8", "--wsam", self.stub, *options]
        command += ["--json", self.folder / "out.json", "--out", self.folder / "out.md"]
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def compare(self, *options: str, status: int = 0, **environment: str) -> dict[str, Any]:
        process = self.start(*options, **environment)
        _, errors = process.communicate()
        self.assertEqual(status, process.returncode, errors)
        return json.loads((self.folder / "out.json").read_text())

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()

    def test_rows_are_run_in_turn(self) -> None:
        self.compare("--jax", str(self.stub), "--rounds", "2")
        ours = ["ours base", "ours sam", "ours wsam"]
        self.assertEqual([*ours, "plain base", "optax_sam sam"] * 2, self.log())

    def test_ratios_are_taken_within_a_round(self) -> None:
        rows = {row["row"]: row for row in self.compare("--jax", str(self.stub))["rows"]}
        self.assertEqual([2.0, 2.1], [rows[f"tf-wsam: {name}"]["to_plain"] for name in ("SAM", "WSAM")])
        self.assertEqual(0.5, rows["JAX: SGD of optax"]["ours_to_this"])
        theirs = rows["JAX: optax.contrib.sam"]
        self.assertEqual([40, 39, 2.0, 0.5], [theirs[key] for key in ("median_ms", "min_ms", "to_plain", "ours_to_this")])
        self.assertIn("| JAX: optax.contrib.sam | Stub 1 | 40.00 | 39.00 | 2.00 | 0.50 | 100 |", (self.folder / "out.md").read_text())

    def test_what_has_no_interpreter_is_left_out_and_said_so(self) -> None:
        result = self.compare("--torch", str(self.stub))
        self.assertIn("PyTorch: WSAM of its authors (atorch) is left out: --atorch is not given.", result["notes"])
        self.assertIn("JAX: optax.contrib.sam is left out: --jax is not given.", result["notes"])
        self.assertIn("PyTorch: SGD", [row["row"] for row in result["rows"]])

    def test_a_failing_run_is_named_with_its_last_lines_and_not_averaged(self) -> None:
        result = self.compare("--jax", str(self.stub), status=1, FAILING="optax_sam")
        self.assertIn("JAX: optax.contrib.sam failed in round 1 with exit status 1:\nno such kernel", result["notes"])
        self.assertNotIn("JAX: optax.contrib.sam", [row["row"] for row in result["rows"]])
        self.assertEqual(1, self.log().count("optax_sam sam"))

    def test_an_interrupt_leaves_what_is_done(self) -> None:
        process = self.start("--jax", str(self.stub), HANGING="optax_sam")
        while not (self.folder / "log").exists() or "optax_sam sam" not in self.log():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
        self.assertEqual(130, process.returncode)
        rows = json.loads((self.folder / "out.json").read_text())["rows"]
        self.assertEqual([1, 1, 1, 1], [row["rounds"] for row in rows])

    def test_rows_can_be_chosen(self) -> None:
        result = self.compare("--jax", str(self.stub), "--only", "JAX|: WSAM")
        self.assertEqual(
            ["tf-wsam: WSAM", "JAX: SGD of optax", "JAX: optax.contrib.sam"], [row["row"] for row in result["rows"]]
        )

    def test_the_short_steps_of_mlp_are_more_and_counts_that_are_given_stay(self) -> None:
        chosen = ("--only", "tf-wsam: Momentum$")
        for options, counts in (
            ((), [1000, 500]),
            (("--model", "resnet20"), [20, 5]),
            (("--steps", "1", "--warmup", "0"), [1, 0]),
        ):
            result = self.compare(*chosen, *options)
            self.assertEqual(counts, [result["steps"], result["warmup"]])

    def test_counts_that_cannot_be_are_bad_usage(self) -> None:
        for option, value in (("--steps", "0"), ("--rounds", "0"), ("--batch", "-1"), ("--warmup", "-1"), ("--threads", "two")):
            with self.subTest(option):
                process = self.start(option, value)
                _, errors = process.communicate()
                self.assertEqual(2, process.returncode)
                self.assertIn(f"argument {option}: {value} is not an integer of at least", errors)
                self.assertFalse((self.folder / "log").exists())


if __name__ == "__main__":
    unittest.main()
