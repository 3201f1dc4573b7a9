#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flip.py FOLDER: what packaging/macos/codesign.py says of signatures, whole and broken.

FOLDER is where packaging/macos/build has put its output. The whole ones are ours and one that zig's linker wrote: a
verifier that knew only what its own signer does would prove nothing.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "packaging" / "macos"))
import codesign  # noqa: E402


def refused(data, name):
    try:
        codesign.verify(data, name)
    except codesign.Wrong:
        return True
    return False


def flipped(data, at):
    data = bytearray(data)
    data[at] ^= 1
    return bytes(data)


def unnoticed(program, name, positions):
    return [at for at in positions if not refused(flipped(program, at), name)]


def judge(path, wrong):
    """The slices of one universal file; returns how many broken files it has tried."""
    data = path.read_bytes()
    name = path.name
    tried = 0
    for where, part in codesign.slices(data):
        offset, size = codesign.Program(part).signed()
        # One byte of each page, at another place in each, and every byte of the signature itself.
        positions = [min(page + page // 4096 * 37 % 4096, offset - 1) for page in range(0, offset, 4096)]
        if name == "tunnelctl-run":
            positions += range(offset, offset + size)
        tried += len(positions)
        wrong += [f"{name}, {where}byte {at} can be changed" for at in unnoticed(part, name, positions)]
        if not refused(part, "other"):
            wrong.append(f"{name}, {where}any identifier will do")
    for what, broken in (("cut by a byte", data[:-1]), ("longer by a byte", data + b"\0"), ("empty", b""),
                         ("cut in the first header", data[:20]), ("cut in the first program", data[:6000])):
        tried += 1
        if not refused(broken, name):
            wrong.append(f"{name}, {what}: not noticed")
    # In the universal header: the count, and for each architecture its CPU, offset and size.
    header = [7] + [8 + 20 * i + field + 3 for i in range(2) for field in (0, 8, 12)]
    tried += len(header)
    wrong += [f"{name}: byte {at} of the universal header can be changed" for at in unnoticed(data, name, header)]
    return tried


def main(folder):
    folder = pathlib.Path(folder)
    wrong = []
    tried = sum(judge(folder / name, wrong) for name in ("tunnelctl", "tunnelctl-run"))
    linked = (folder / "aarch64" / "build" / "tunnelctl").read_bytes()
    print("as zig's linker signs:", *codesign.verify(linked))
    if not refused(flipped(linked, 40000), None):
        wrong.append("a changed byte in what zig has signed is not noticed")
    again = codesign.sign(linked, "again")
    if codesign.sign(again, "again") != again:
        wrong.append("signing a second time gives something else")
    for line in wrong[:20]:
        print("FAIL", line)
    print(f"{tried} broken files, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
