# SPDX-License-Identifier: MIT
"""Reads the plists of roundtrip_plist back with two readers that are not ours, plistlib and xmllint with the
DTD, and compares every argument and every variable. Then damages some of them and proves that it sees that.

plist_check.py GENERATOR DTD COUNT SEED
"""

import json
import pathlib
import plistlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
BATCH = 200


def difference(path, want):
    """What plistlib finds other than expected in one file, or None."""
    try:
        job = plistlib.loads(path.read_bytes())
    except Exception as e:  # expat, plistlib and codecs each have their own
        return f"plistlib: {e}"
    argv = [bytes.fromhex(a).decode() for a in want["argv"]]
    env = dict(bytes.fromhex(v).decode().split("=", 1) for v in want["env"])
    if job["ProgramArguments"] != argv:
        return f"argv: {job['ProgramArguments']!r:.300} instead of {argv!r:.300}"
    if job.get("EnvironmentVariables", {}) != env:
        return f"environment: {job.get('EnvironmentVariables')!r:.300} instead of {env!r:.300}"
    return None


def valid(dtd, paths):
    """Whether xmllint accepts all the files; its complaints."""
    for i in range(0, len(paths), BATCH):
        command = ["xmllint", "--noout", "--nonet", "--dtdvalid", dtd, *map(str, paths[i:i + BATCH])]
        run = subprocess.run(command, capture_output=True)
        if run.returncode != 0:
            return False, run.stderr.decode(errors="replace")[:1000]
    return True, ""


def damages(text):
    """Ways to ruin a plist: what is done, the ruined bytes, and which reader has to notice."""
    at = text.index(b"<string>/") + len(b"<string>/")
    yield "an argument with one byte more", text[:at] + b"x" + text[at:], "plistlib"
    yield "a bare &", text[:at] + b"&" + text[at:], "both"
    yield "a control character", text[:at] + b"\x01" + text[at:], "both"
    yield "a byte of Latin-1", text[:at] + b"\xe9" + text[at:], "both"
    yield "an escaped entity", text[:at] + b"&amp;" + text[at:], "plistlib"
    yield "a key without value", text.replace(b"<true/>", b"", 1), "both"
    yield "an unknown element", text.replace(b"<true/>", b"<yes/>", 1), "both"
    yield "half a file", text[:len(text) // 2], "both"


def prove_that_it_can_fail(folder, dtd, want):
    n = 0
    for what, text, who in damages((folder / want["file"]).read_bytes()):
        path = folder / "damaged.plist"
        path.write_bytes(text)
        if difference(path, want) is None:
            sys.exit(f"self-check: plistlib did not notice {what}")
        if who == "both" and valid(dtd, [path])[0]:
            sys.exit(f"self-check: xmllint did not notice {what}")
        path.unlink()
        n += 1
    return n


def main():
    generator, dtd, count, seed = sys.argv[1:]
    if not shutil.which("xmllint"):
        print("roundtrip.plist: SKIPPED: xmllint is not installed (Debian: libxml2-utils)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([generator, name, count, seed], check=True, stdout=subprocess.DEVNULL)
        wants = [json.loads(line) for line in (folder / "expected.jsonl").open()]
        found = sorted(p.name for p in folder.glob("*.plist"))
        if found != [w["file"] for w in wants]:
            sys.exit("the files are not those that expected.jsonl names")
        for want in wants:
            what = difference(folder / want["file"], want)
            if what:
                sys.exit(f"{want['file']}: {what}")
        good, complaint = valid(dtd, [folder / w["file"] for w in wants])
        if not good:
            sys.exit(f"xmllint: {complaint}")
        arguments = sum(len(w["argv"]) for w in wants)
        variables = sum(len(w["env"]) for w in wants)
        if arguments + variables < int(count):
            sys.exit(f"only {arguments + variables} values")
        damaged = sum(prove_that_it_can_fail(folder, dtd, w) for w in wants[:5])
        print(f"roundtrip.plist: {arguments} arguments and {variables} variables in {len(wants)} plists "
              "read back exactly by plistlib and valid for xmllint with the DTD; "
              f"all of {damaged} damaged plists noticed")
    return 0


sys.exit(main())
