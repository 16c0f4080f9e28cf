#!/usr/bin/env python3
"""Archives of the fuzz inputs: one of the seeds and one of the corpus for each target. Crashes are files.

    fuzz/archive.py unpack TARGET FOLDER    writes all inputs of a target to a folder, for libFuzzer
    fuzz/archive.py list [TARGET]           lists the names and sizes in the archives

The archives are zip files without compression. Their entries are sorted and have no times, so that the same inputs always give
the same bytes. Git compresses them.
"""

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEEDS = HERE / "seeds"
CORPUS = HERE / "corpus"
CRASHES = HERE / "crashes"


def read(kind: Path, target: str) -> dict[str, bytes]:
    """The inputs of one archive by name; none if there is no archive."""
    path = kind / f"{target}.zip"
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(kind: Path, target: str, inputs: dict[str, bytes]) -> None:
    """Writes the archive of these inputs, or removes it when there are none."""
    path = kind / f"{target}.zip"
    if not inputs:
        path.unlink(missing_ok=True)
        return
    kind.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(inputs.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def crashes(target: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((CRASHES / target).glob("*"))}


def unpack(target: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**read(CORPUS, target), **read(SEEDS, target), **crashes(target)}.items():
        (folder / name).write_bytes(content)


def main() -> None:
    match sys.argv[1:]:
        case ["unpack", target, folder]:
            unpack(target, Path(folder))
        case ["list", *targets]:
            for kind in (SEEDS, CORPUS):
                for target in targets or sorted(path.stem for path in kind.glob("*.zip")):
                    for name, content in read(kind, target).items():
                        print(f"{kind.name}/{target}/{name}\t{len(content)}")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
