"""Tests of check_experiments.py, on a stub that stands in for ./wsam: python -m unittest test_check_experiments"""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Tuple
from unittest import mock

import check_experiments

STUB = f"""#!{sys.executable}
import os, sys
from pathlib import Path
verb, name, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2]))
fault = os.environ.get("FAULT", "")
with open("log", "a") as log:
    print(*sys.argv[1:], file=log)
if fault == "fails":
    sys.exit("no such data")
out = Path(options["--out"])
file = out / "results.csv"
out.mkdir(parents=True, exist_ok=True)
header = "task,epochs,gamma,seed,train_loss,test_accuracy,sharpness,hessian_top,seconds,status,gap"
rows = file.read_text().splitlines()[1:] if file.exists() else []
if fault == "touches" and rows:
    rows[-1] = rows[-1].replace("done", "diverged")
if fault == "again":
    rows = []
drift = float(os.environ.get("DRIFT", "1"))
for seed in range(1, int(options["--seeds"]) + 1):
    for gamma in ("0", "0.9"):
        key = f"cifar10,{{options['--epochs']}},{{gamma}},{{seed}},"
        if not any(row.startswith(key) for row in rows):
            (out / "runs" / gamma / f"seed-{{seed}}").mkdir(parents=True)
            loss = 2 * drift + float(gamma)
            seconds = 5 - seed + float(os.environ.get("SECONDS_MORE", "0"))
            rows.append(f"{{key}}{{loss}},{{0.5 * drift}},0.1,20.0,{{seconds}},done,0.2")
if fault == "forgets":
    rows.pop()
if fault == "column":
    header = header.replace("gap", "gaps")
file.write_text(header + "\\n" + "".join(row + "\\n" for row in sorted(rows)))
(out / "report.html").write_text("<html>")
if fault != "picture":
    (out / "gap.png").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n")
"""

PAGE = """# Experiments

## bound

    ./wsam experiment bound --data data --out out/bound --epochs 15 --seeds 3

It says ./wsam experiment bound --out nowhere here too, which is no command.

## digits

    ./wsam experiment gamma-sweep --out out/digits --epochs 30 --seeds 2
"""


class CheckExperiments(unittest.TestCase):
    """What is run, what is compared, and what is said where something is amiss."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "wsam").write_text(STUB)
        (self.root / "wsam").chmod(0o755)
        (self.root / "docs" / "experiments").mkdir(parents=True)
        (self.root / "docs" / "experiments.md").write_text(PAGE)
        # Failures leave their folder behind.
        self.enterContext(mock.patch.object(tempfile, "tempdir", str(self.root)))

    def check(self, *options: str, **environment: str) -> Tuple[int, str]:
        with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(io.StringIO()) as told:
            status = check_experiments.main(["--root", str(self.root), *options])
        return status, told.getvalue()

    def commit(self) -> None:
        """Writes the committed results, by the stub itself."""
        page = self.root / "docs" / "experiments.md"
        for command in check_experiments.commands(page):
            command.having({"--out": f"docs/experiments/{command.name}"}).run(self.root)
        self.assertEqual(0, self.check("--write", "--data", "real")[0])
        (self.root / "log").unlink()

    def log(self) -> List[str]:
        return (self.root / "log").read_text().splitlines()

    def test_small_runs_little_of_each_command(self) -> None:
        self.commit()
        status, told = self.check("--small", "--data", "real", SECONDS_MORE="7")
        self.assertEqual(0, status, told)
        self.assertIn("bound, small: 2 of 2 rows equal to the digit", told)
        self.assertIn("digits, small: 2 of 2 rows equal to the digit", told)
        self.assertEqual(2, len(self.log()))
        self.assertRegex(
            self.log()[0], f"^experiment bound --data {Path('real').resolve()} --out .* --epochs 1 --seeds 1 --subset 256$"
        )
        self.assertRegex(self.log()[1], "^experiment gamma-sweep --out .*/digits --epochs 1 --seeds 1 --subset 256$")

    def test_small_allows_for_rounding_and_no_more(self) -> None:
        self.commit()
        status, told = self.check("--small", "--only", "digits", DRIFT="1.0005")
        self.assertEqual(0, status, told)
        self.assertIn("0 of 2 rows equal to the digit, the others near", told)
        status, told = self.check("--small", "--only", "digits", DRIFT="1.06")
        self.assertEqual(1, status)
        self.assertIn("gamma 0, seed 1: train_loss is 2.12, not 2.0", told)
        self.assertNotIn("test_accuracy", told)

    def test_small_sees_faults(self) -> None:
        self.commit()
        for fault, what in {
            "fails": "exits with 1",
            "forgets": "other runs were run",
            "column": "the columns are",
            "picture": "holds no picture",
        }.items():
            with self.subTest(fault):
                status, told = self.check("--small", "--only", "digits", FAULT=fault)
                self.assertEqual(1, status)
                self.assertIn(what, told)

    def test_small_wants_what_is_committed(self) -> None:
        status, told = self.check("--small", "--only", "digits")
        self.assertEqual(1, status)
        self.assertIn("digits.csv: is missing", told)

    def test_replay_runs_the_cheapest_run_again(self) -> None:
        self.commit()
        status, told = self.check("--replay", "--data", "real")
        self.assertEqual(0, status, told)
        self.assertIn("bound, replay: gamma 0, seed 3: equal to the digit", told)
        self.assertIn("digits, replay: gamma 0, seed 2: equal to the digit", told)
        self.assertRegex(self.log()[0], f"^experiment bound --data {Path('real').resolve()} --out .* --epochs 15 --seeds 3$")

    def test_replay_of_a_run_that_the_seed_draws(self) -> None:
        self.commit()
        runs = {self.check("--replay", "--only", "digits", "--seed", str(seed))[1] for seed in range(20)}
        self.assertEqual(4, len(runs))

    def test_replay_allows_for_another_processor_and_no_more(self) -> None:
        self.commit()
        status, told = self.check("--replay", "--only", "digits", DRIFT="1.05")
        self.assertEqual(0, status, told)
        self.assertIn("gamma 0, seed 2: near: test_accuracy 0.525, committed 0.5; train_loss 2.1, committed 2.0", told)
        status, told = self.check("--replay", "--only", "digits", DRIFT="1.13")
        self.assertEqual(1, status)
        self.assertIn("test_accuracy is 0.565, not 0.5", told)

    def test_replay_sees_faults(self) -> None:
        self.commit()
        for fault, what in {
            "touches": "was touched",
            "again": "more than the run that lacked was run",
            "forgets": "other runs are there",
            "picture": "holds no picture",
        }.items():
            with self.subTest(fault):
                status, told = self.check("--replay", "--only", "digits", FAULT=fault)
                self.assertEqual(1, status)
                self.assertIn(what, told)

    def test_without_data_commands_that_read_it_wait(self) -> None:
        self.commit()
        status, told = self.check()
        self.assertEqual(0, status, told)
        self.assertIn("bound: reads data, and there is no --data: not checked", told)
        self.assertEqual(2, len(self.log()))

    def test_what_is_no_table_is_told(self) -> None:
        file = self.root / "results.csv"
        good = "gamma,seed,train_loss,test_accuracy,seconds,status\n0,1,2.0,0.5,1.0,done\n"
        for content, what in {
            good.replace("done", "lost"): "the status 'lost'",
            good + good.splitlines()[1] + "\n": "a run twice",
            good + "0,2\n": "another number of cells",
            good.replace("seed,", "seeds,"): "no column seed",
        }.items():
            with self.subTest(what):
                file.write_text(content)
                with self.assertRaises(check_experiments.Wrong) as wrong:
                    check_experiments.Table.read(file)
                self.assertIn(what, str(wrong.exception))


if __name__ == "__main__":
    unittest.main()
