"""Compares the steps of `wsam bench step` with those of its peers, all run in turn on this machine.

Each run is a process of its own. Rounds repeat all runs, so that what slows the machine for a while slows each of
them. A row's time is the median over the rounds of a run's median; ratios are taken within a round.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from options import add_shared, positive, set_counts

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[4]
LAST_LINES = 5


@dataclass
class Row:
    """A peer, and what its runs gave, by round."""

    framework: str
    peer: str
    optimizer: str
    label: str
    command: list[str]
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    failure: str | None = None

    def median(self, key: Callable[[dict[str, Any]], float]) -> float:
        """The median over the rounds."""
        return statistics.median(key(run) for run in self.runs.values())

    def ratio(self, other: "Row | None") -> float | None:
        """This row's time by the other's, the median over the rounds that both have."""
        shared = self.runs.keys() & (other.runs.keys() if other else set())
        return statistics.median(_median_ms(self.runs[i]) / _median_ms(other.runs[i]) for i in shared) if shared else None


def _median_ms(run: dict[str, Any]) -> float:
    return run["step_ms"]["median"]


def rows(args: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """Makes the rows that can be run, and says which cannot."""
    shared = ["--model", args.model, "--batch", str(args.batch), "--threads", str(args.threads)]
    shared += ["--steps", str(args.steps), "--warmup", str(args.warmup)]
    made, left_out = [], []

    for key, name in (("base", "Momentum"), ("sam", "SAM"), ("wsam", "WSAM")):
        label = f"tf-wsam: {name}"
        if re.search(args.only, label):
            made.append(Row("tf-wsam", "tf-wsam", key, label, [str(args.wsam), "bench", "step", *shared, "--optimizer", key]))
    for option, script, framework, peer, optimizer, name in (
        ("torch", "pytorch_step.py", "PyTorch", "plain", "base", "SGD"),
        ("torch", "pytorch_step.py", "PyTorch", "atorch", "wsam", "WSAM of its authors (atorch)"),
        ("torch", "pytorch_step.py", "PyTorch", "pytorch_optimizer", "wsam", "WSAM of pytorch-optimizer"),
        ("tensorflow", "tensorflow_step.py", "TensorFlow", "plain", "base", "Momentum"),
        ("tensorflow", "tensorflow_step.py", "TensorFlow", "two_pass", "sam", "SAM, two-pass tf.function"),
        ("tensorflow", "tensorflow_step.py", "TensorFlow", "two_pass", "wsam", "WSAM, two-pass tf.function"),
        ("tensorflow", "tensorflow_step.py", "TensorFlow", "keras_sam", "sam", "SharpnessAwareMinimization of Keras"),
        ("jax", "jax_step.py", "JAX", "plain", "base", "SGD of optax"),
        ("jax", "jax_step.py", "JAX", "optax_sam", "sam", "optax.contrib.sam"),
    ):
        label = f"{framework}: {name}"
        if not re.search(args.only, label):
            continue
        python = getattr(args, option)
        missing = f"--{option}" if not python else "--atorch" if peer == "atorch" and not args.atorch else None
        if missing:
            left_out.append(f"{label} is left out: {missing} is not given.")
            continue
        wheel = ["--atorch", str(args.atorch)] if peer == "atorch" else []
        command = [python, str(HERE / script), *shared, "--peer", peer, "--optimizer", optimizer, *wheel]
        made.append(Row(framework, peer, optimizer, label, command))
    return made, left_out


def run(row: Row, number: int, folder: Path) -> None:
    """Runs a row once; a run that fails is remembered, and the row is not run again."""
    file = folder / "run.json"
    file.unlink(missing_ok=True)
    done = subprocess.run([*row.command, "--json", str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0 and file.exists():
        row.runs[number] = json.loads(file.read_text(encoding="utf-8"))
        print(f"round {number} {row.label}: {_median_ms(row.runs[number]):.2f} ms", file=sys.stderr)
        return
    last = "\n".join(done.stdout.splitlines()[-LAST_LINES:]) or "It printed nothing."
    row.failure = f"{row.label} failed in round {number} with exit status {done.returncode}:\n{last}"
    print(row.failure, file=sys.stderr)


def results(made: list[Row]) -> list[dict[str, Any]]:
    """Sums up the rows that have runs and did not fail."""
    kept = [row for row in made if row.runs and not row.failure]
    plain = {row.framework: row for row in kept if row.optimizer == "base"}
    ours = {row.optimizer: row for row in kept if row.framework == "tf-wsam"}
    return [
        {
            "row": row.label,
            "framework": row.framework,
            "peer": row.peer,
            "optimizer": row.optimizer,
            "versions": next(iter(row.runs.values())).get("versions") or our_versions(),
            "rounds": len(row.runs),
            "median_ms": row.median(_median_ms),
            "min_ms": min(run["step_ms"]["min"] for run in row.runs.values()),
            "to_plain": row.ratio(plain.get(row.framework)),
            "ours_to_this": None if row.framework == "tf-wsam" or row.optimizer not in ours else ours[row.optimizer].ratio(row),
            "peak_rss_mb": row.median(lambda run: run["peak_rss_mb"]),
        }
        for row in kept
    ]


def our_versions() -> dict[str, str]:
    """What this project is built on."""
    pom = (PROJECT / "pom.xml").read_text(encoding="utf-8")
    return {"TensorFlow-Java": re.search(r"<tensorflow.version>(.*)</tensorflow.version>", pom).group(1)}


def markdown(args: argparse.Namespace, summed: list[dict[str, Any]], notes: list[str]) -> str:
    """Writes the table."""

    def ratio(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    lines = [
        f"{args.model}, batch {args.batch}, {args.threads} threads, {machine()}. {args.steps} steps after {args.warmup}, "
        f"{args.rounds} rounds.",
        "",
        "| Step | Versions | Median, ms | Minimum, ms | By that framework's plain step | Ours by this | Peak memory, MB |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in summed:
        versions = ", ".join(f"{name} {version}" for name, version in row["versions"].items())
        lines.append(
            f"| {row['row']} | {versions} | {row['median_ms']:.2f} | {row['min_ms']:.2f} | {ratio(row['to_plain'])} "
            f"| {ratio(row['ours_to_this'])} | {row['peak_rss_mb']:.0f} |"
        )
        if row["rounds"] < args.rounds:
            notes = [*notes, f"{row['row']} has {row['rounds']} of {args.rounds} rounds."]
    return "\n".join(lines + [line for note in notes for line in ("", note)]) + "\n"


def machine() -> str:
    """Names the processor and what matters of it."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    name = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    vectors = next((flag for flag in ("avx512f", "avx2", "avx") if re.search(rf"\b{flag}\b", text)), "no AVX")
    return f"{name.group(1) if name else 'unknown processor'} ({os.cpu_count()} cores, {vectors})"


def write(path: Path, text: str) -> None:
    """Writes beside the target first: never half a file."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_shared(parser)
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--torch", metavar="PYTHON", help="the Python that has PyTorch and pytorch-optimizer")
    parser.add_argument("--tensorflow", metavar="PYTHON", help="the Python that has TensorFlow 2.16.2 and tf-keras")
    parser.add_argument("--jax", metavar="PYTHON", help="the Python that has JAX and optax")
    parser.add_argument("--atorch", type=Path, metavar="WHEEL", help="atorch's wheel")
    parser.add_argument("--wsam", type=Path, default=PROJECT / "wsam", help="our command (default: this project's)")
    parser.add_argument("--only", default="", metavar="REGEX", help="the rows in whose name it is found")
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="where to write the table; default: print it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the results of each run and their sums")
    args = parser.parse_args()
    set_counts(args)
    return args


def main() -> int:
    """Runs the rounds; what is done by Ctrl-C is written all the same."""
    args = arguments()
    made, notes = rows(args)
    status = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(1, args.rounds + 1):
                for row in made:
                    if not row.failure:
                        run(row, number, Path(folder))
    except KeyboardInterrupt:
        status = 130
    failures = [row.failure for row in made if row.failure]
    summed = results(made)
    table = markdown(args, summed, notes + failures)
    if args.out:
        write(args.out, table)
    else:
        print(table, end="")
    if args.json:
        content = {
            **{key: getattr(args, key) for key in ("model", "batch", "threads", "steps", "warmup", "rounds")},
            "machine": machine(),
            "rows": summed,
            "runs": {row.label: row.runs for row in made},
            "notes": notes + failures,
        }
        write(args.json, json.dumps(content, indent=1) + "\n")
    return status or (1 if failures else 0)


if __name__ == "__main__":
    sys.exit(main())
