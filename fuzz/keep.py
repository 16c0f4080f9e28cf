#!/usr/bin/env python3
"""Adds those found inputs to the corpus that reach code that the seeds do not reach; `make fuzz-keep` calls it.

    fuzz/keep.py FOUND

FOUND has a folder for each target. libFuzzer selects a set of inputs that covers every edge. If the set has more than SHARE bytes or
INPUTS files, every n-th file by name is kept. Names are hashes, so this does not depend on the length of the inputs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import archive

SHARE = 32 * 1024
INPUTS = 64


def main(found: Path) -> None:
    for folder in sorted(folder for folder in found.iterdir() if folder.is_dir()):
        target = folder.name
        with tempfile.TemporaryDirectory() as known, tempfile.TemporaryDirectory() as cover:
            archive.unpack(target, Path(known))
            cover_edges(target, Path(cover), [Path(known), folder])
            chosen = a_share(Path(cover))
        elsewhere = {*archive.read(archive.SEEDS, target).values(), *archive.crashes(target).values()}
        chosen = {name: content for name, content in chosen.items() if content not in elsewhere}
        archive.write(archive.CORPUS, target, chosen)
        print(f"{target}: {len(chosen)} inputs, {sum(map(len, chosen.values()))} bytes")


def cover_edges(target: str, into: Path, of: list[Path]) -> None:
    subprocess.run(
        ["cargo", "+nightly", "fuzz", "run", target, into, *of, "--", "-set_cover_merge=1", "-use_counters=0"],
        cwd=archive.HERE, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )


def a_share(folder: Path) -> dict[str, bytes]:
    paths = sorted(folder.iterdir())
    size = sum(path.stat().st_size for path in paths)
    step = max(1, -(-size // SHARE), -(-len(paths) // INPUTS))
    return {path.name: path.read_bytes() for path in paths[::step]}


main(Path(sys.argv[1]).resolve())
