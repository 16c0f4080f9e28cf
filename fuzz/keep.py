#!/usr/bin/env python3
"""Keeps in the corpus, of what fuzzing found, what reaches code that the seeds do not reach; `make fuzz-keep` calls it.

    fuzz/keep.py FOUND

FOUND has a folder for each target. libFuzzer picks a set of inputs that covers every edge. Where that set is larger than SHARE
octets or INPUTS files, every n-th of it by name is kept: names are hashes, so long and short inputs stay as likely.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SHARE = 32 * 1024
INPUTS = 64
HERE = Path(__file__).resolve().parent


def main(found: Path) -> None:
    for folder in sorted(folder for folder in found.iterdir() if folder.is_dir()):
        target, corpus = folder.name, HERE / "corpus" / folder.name
        corpus.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as cover:
            cover_edges(target, Path(cover), [corpus, folder])
            chosen = a_share(Path(cover))
            seeds = {seed.read_bytes() for seed in corpus.glob("seed-*")}
            for old in corpus.iterdir():
                if not old.name.startswith("seed-"):
                    old.unlink()
            for path in chosen:
                if path.read_bytes() not in seeds:
                    shutil.copy(path, corpus / path.name)
        kept = list(corpus.iterdir())
        print(f"{target}: {len(kept)} inputs, {sum(path.stat().st_size for path in kept)} octets")


def cover_edges(target: str, into: Path, of: list[Path]) -> None:
    subprocess.run(
        ["cargo", "+nightly", "fuzz", "run", target, into, *of, "--", "-set_cover_merge=1", "-use_counters=0"],
        cwd=HERE, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


def a_share(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir())
    size = sum(path.stat().st_size for path in paths)
    step = max(1, -(-size // SHARE), -(-len(paths) // INPUTS))
    return paths[::step]


main(Path(sys.argv[1]).resolve())
