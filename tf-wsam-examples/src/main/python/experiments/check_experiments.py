"""Does again what docs/experiments.md says, and holds it against what is committed beside it.

The commands are the page's lines of four spaces and `./wsam experiment NAME .. --out out/NAME ..`.

--small runs each command with `--seeds 1 --epochs 1 --subset 256`, and wants the columns of the committed results.csv,
a report and pictures, and the rows of docs/experiments/small/NAME.csv. It says how many are equal to the digit, as all
are on a processor of the same kind. Another one rounds otherwise, which a few steps of a network with batch norm
enlarge to percents (TF_ENABLE_ONEDNN_OPTS=0 shows it): so losses need be within 5 %, shares of examples within 0.06,
other measures within a factor of 4, and times are not compared. --write makes these files instead.

--replay runs each command as it stands, where a copy of the committed results.csv lacks a row: the one that took the
least time, or one drawn by --seed. It wants that row to be run again, no other one to be touched, and the numbers to be
those committed: equal, or, on another processor, as far from them as another seed would be: test_accuracy within 0.06
and train_loss within 25 %. It says which.

Without either it does both. Exits with 1 if anything does not hold.

    check_experiments.py --data data
    check_experiments.py --data data --only bound --small --write
"""

import argparse
import csv
import math
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

ROOT = Path(__file__).resolve().parents[5]
COMMAND = re.compile(r"^ {4}\./wsam (experiment .*)$", re.MULTILINE)
SMALL = {"--seeds": "1", "--epochs": "1", "--subset": "256"}
STATUSES = ("done", "diverged")
TIME = re.compile(r"(^|_)(seconds|ms)$")
SHARE = re.compile(r"(^|_)(accuracy|error|gap)$")
LOSS = re.compile(r"_loss$")


class Wrong(Exception):
    """What does not hold."""


@dataclass(frozen=True)
class Table:
    """A results.csv: its columns, and its rows as text. The columns up to seed tell the runs apart."""

    columns: List[str]
    rows: List[Dict[str, str]]

    @staticmethod
    def read(file: Path) -> "Table":
        """Reads a file; it must have what each results.csv has."""
        if not file.is_file():
            raise Wrong(f"{file}: is missing")
        with file.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            table = Table(list(reader.fieldnames or []), list(reader))
        missing = {"seed", "train_loss", "test_accuracy", "seconds", "status"} - set(table.columns)
        if missing:
            raise Wrong(f"{file}: has no column {' nor '.join(sorted(missing))}")
        for row in table.rows:
            if None in row or None in row.values():
                raise Wrong(f"{file}: a row has another number of cells than the header: {row}")
            if row["status"] not in STATUSES:
                raise Wrong(f"{file}: the status '{row['status']}' is not {' or '.join(STATUSES)}")
        if len({table.key(row) for row in table.rows}) < len(table.rows):
            raise Wrong(f"{file}: has a run twice")
        return table

    def write(self, file: Path) -> None:
        """Writes the table as it was read."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.DictWriter(lines, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)

    def key(self, row: Dict[str, str]) -> Tuple[str, ...]:
        """What tells a run from others: its setting and seed."""
        return tuple(row[column] for column in self.columns[: self.columns.index("seed") + 1])

    def name(self, row: Dict[str, str]) -> str:
        """A run as a reader meets it: by the columns that differ between runs."""
        differ = [c for c in self.columns[: self.columns.index("seed")] if len({r[c] for r in self.rows}) > 1]
        return ", ".join(f"{column} {row[column]}" for column in [*differ, "seed"])

    def measures(self) -> List[str]:
        """The columns that hold what was measured, other than times."""
        return [c for c in self.columns[self.columns.index("seed") + 1 :] if not TIME.search(c)]

    def by_key(self) -> Dict[Tuple[str, ...], Dict[str, str]]:
        """The rows by what tells them apart."""
        return {self.key(row): row for row in self.rows}


@dataclass(frozen=True)
class Command:
    """A command of the page."""

    arguments: List[str]

    @property
    def name(self) -> str:
        """The name of the folder that it writes, which that of the committed results is too."""
        return Path(self.option("--out") or "").name

    def option(self, name: str) -> str | None:
        """The value of an option; None if it is not given."""
        return self.arguments[self.arguments.index(name) + 1] if name in self.arguments else None

    def having(self, options: Dict[str, str]) -> "Command":
        """The same with other values of options, added where they are not given."""
        arguments = list(self.arguments)
        for name, value in options.items():
            if name in arguments:
                arguments[arguments.index(name) + 1] = value
            else:
                arguments += [name, value]
        return Command(arguments)

    def run(self, root: Path) -> None:
        """Runs it. What it tells is shown only if it fails."""
        done = subprocess.run(
            ["./wsam", *self.arguments], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            raise Wrong(f"{shlex.join(self.arguments)} exits with {done.returncode}:\n{done.stdout[-4000:]}")


def commands(page: Path) -> Iterator[Command]:
    """The commands of a page."""
    found = set()
    for line in COMMAND.findall(page.read_text(encoding="utf-8")):
        command = Command(shlex.split(line))
        if not command.name:
            raise Wrong(f"{page}: has no --out: {line}")
        if command.name in found:
            raise Wrong(f"{page}: has two commands that write {command.name}")
        found.add(command.name)
        yield command
    if not found:
        raise Wrong(f"{page}: has no command")


def is_near(column: str, ours: str, committed: str) -> bool:
    """Whether a cell is what was committed, but for rounding."""
    if ours == committed:
        return True
    try:
        a, b = float(ours), float(committed)
    except ValueError:
        return False
    if SHARE.search(column) and column != "loss_gap":
        return abs(a - b) <= 0.06
    if LOSS.search(column):
        return math.isclose(a, b, rel_tol=0.05)
    return abs(a - b) <= 1e-2 or (a * b > 0 and 1 / 4 <= a / b <= 4)


def check_report(folder: Path) -> None:
    """Wants a report, and pictures that are some."""
    report = folder / "report.html"
    if not report.is_file() or "<html" not in report.read_text(encoding="utf-8"):
        raise Wrong(f"{report}: is missing, or no page")
    pictures = list(folder.glob("*.png"))
    if not pictures:
        raise Wrong(f"{folder}: holds no picture")
    for picture in pictures:
        if not picture.read_bytes().startswith(b"\x89PNG\r\n"):
            raise Wrong(f"{picture}: is no PNG")


def small(command: Command, root: Path, work: Path, write: bool) -> str:
    """Runs a command on little, and compares, or writes what is to be compared with."""
    out = work / "small" / command.name
    command.having({**SMALL, "--out": str(out)}).run(root)
    ours = Table.read(out / "results.csv")
    check_report(out)
    results = root / "docs" / "experiments" / command.name / "results.csv"
    file = root / "docs" / "experiments" / "small" / (command.name + ".csv")
    if not ours.rows:
        raise Wrong("no run was run")
    if results.is_file() and Table.read(results).columns != ours.columns:
        raise Wrong(f"the columns are {ours.columns}, not those of {results}")
    if write:
        ours.write(file)
        return f"{len(ours.rows)} rows written"
    committed = Table.read(file)
    if committed.columns != ours.columns:
        raise Wrong(f"the columns are {ours.columns}, not those of {file}")
    if committed.by_key().keys() != ours.by_key().keys():
        raise Wrong(f"other runs were run than those of {file}")
    equal = 0
    amiss = []
    for key, row in ours.by_key().items():
        other = committed.by_key()[key]
        differ = [column for column in ours.measures() if row[column] != other[column]]
        equal += not differ
        amiss += [
            f"{ours.name(row)}: {column} is {row[column]}, not {other[column]}"
            for column in differ
            if not is_near(column, row[column], other[column])
        ]
    if amiss:
        raise Wrong("\n".join(amiss))
    others = "" if equal == len(ours.rows) else ", the others near"
    return f"{equal} of {len(ours.rows)} rows equal to the digit{others}"


def replay(command: Command, root: Path, work: Path, seed: int | None) -> str:
    """Lets a command run again a run that its committed results lack."""
    folder = root / "docs" / "experiments" / command.name
    committed = Table.read(folder / "results.csv")
    done = [row for row in committed.rows if row["status"] == "done"]
    if not done:
        raise Wrong(f"{folder}: no run is done")
    if seed is None:
        wanted = min(done, key=lambda row: float(row["seconds"]))
    else:
        wanted = random.Random(seed).choice(done)
    out = work / "replay" / command.name
    Table(committed.columns, [row for row in committed.rows if row is not wanted]).write(out / "results.csv")
    command.having({"--out": str(out)}).run(root)
    ours = Table.read(out / "results.csv")
    check_report(out)
    if ours.columns != committed.columns:
        raise Wrong(f"the columns are {ours.columns}, not those committed")
    rows = ours.by_key()
    if rows.keys() != committed.by_key().keys():
        raise Wrong("other runs are there than those committed")
    for row in committed.rows:
        if row is not wanted and rows[committed.key(row)] != row:
            raise Wrong(f"{committed.name(row)}: was there, and was touched")
    if len(list((out / "runs").glob("*/seed-*"))) != 1:
        raise Wrong("more than the run that lacked was run")
    again = rows[committed.key(wanted)]
    name = committed.name(wanted)
    if all(again[column] == wanted[column] for column in committed.measures()):
        return f"{name}: equal to the digit"
    told = []
    for column, relative, absolute in (("test_accuracy", 0, 0.06), ("train_loss", 0.25, 0)):
        a, b = again[column], wanted[column]
        if a != b and not (a and b and math.isclose(float(a), float(b), rel_tol=relative, abs_tol=absolute)):
            raise Wrong(f"{name}: {column} is {a}, not {b}")
        told.append(f"{column} {a}, committed {b}")
    if again["status"] != wanted["status"]:
        raise Wrong(f"{name}: is {again['status']}, not {wanted['status']}")
    return f"{name}: near: " + "; ".join(told)


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="DIR", help="the real data; without it, commands that read it wait")
    parser.add_argument("--only", metavar="NAME", help="the command that writes this folder alone")
    parser.add_argument("--small", action="store_true", help="run commands on little")
    parser.add_argument("--replay", action="store_true", help="let commands run one run again")
    parser.add_argument("--write", action="store_true", help="write what --small compares with; no replay")
    parser.add_argument("--seed", type=int, metavar="N", help="draws the run that is run again")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="the project (default: this one)")
    options = parser.parse_args(arguments)
    both = not options.small and not options.replay
    chosen = [c for c in commands(options.root / "docs" / "experiments.md") if options.only in (None, c.name)]
    if not chosen:
        parser.error(f"--only {options.only}: no command writes such a folder")
    work = Path(tempfile.mkdtemp(prefix="experiments-"))
    holds = True
    for command in chosen:
        if command.option("--data"):
            if options.data is None:
                print(f"{command.name}: reads data, and there is no --data: not checked", flush=True)
                continue
            command = command.having({"--data": str(options.data.resolve())})
        checks = []
        if options.small or options.write or both:
            checks.append(("small", lambda c: small(c, options.root, work, options.write)))
        if (options.replay or both) and not options.write:
            checks.append(("replay", lambda c: replay(c, options.root, work, options.seed)))
        for kind, check in checks:
            try:
                print(f"{command.name}, {kind}: {check(command)}", flush=True)
            except Wrong as wrong:
                holds = False
                print(f"{command.name}, {kind}: WRONG: {wrong}", flush=True)
    if holds:
        shutil.rmtree(work)
    else:
        print(f"what was written is in {work}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
