"""Does what a page of documentation says: python3 run_doc.py docs/savedmodels.md, from the project's root.

A block of bash is run, all of them in one shell that ends at the first error. Any other block is saved as the file
that the last line above it names in backquotes; a block without such a name is an error.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

BLOCK = re.compile(r"^(?P<above>[^\n]*\n)\n?```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def script(page: str) -> Iterator[str]:
    """The page as lines of bash."""
    for block in BLOCK.finditer(page):
        if block["language"] == "bash":
            yield block["code"]
            continue
        names = re.findall(r"`([^`\s]+/[^`\s]+)`", block["above"])
        if not names:
            raise ValueError(f"no file is named above this block:\n{block['code']}")
        yield f"cat > {names[-1]} <<'END_OF_BLOCK'\n{block['code']}END_OF_BLOCK\n"


def main(arguments: List[str]) -> int:
    """Runs a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    options = parser.parse_args(arguments)
    commands = "\n".join(["set -euxo pipefail", *script(options.page.read_text(encoding="utf-8"))])
    return subprocess.run(["bash", "-c", commands], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
