#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signs programs for macOS ad hoc, and proves such signatures, where Apple's codesign is not at hand.

  codesign.py sign --identifier NAME FILE       put a new signature into FILE, a program for one architecture
  codesign.py verify [--identifier NAME] FILE   judge the signature of each architecture in FILE

An ad-hoc signature names nobody; it says that the file has not changed. arm64 Macs run no program without one.

The format is that of xnu's osfmk/kern/cs_blobs.h, where every number is big-endian. At the end of the file stands

  SuperBlob       magic 0xfade0cc0, its length, the number of blobs, then for each its slot and its offset
  CodeDirectory   slot 0: a SHA-256 for each page of 4096 bytes from the first byte of the file to the signature, and
                  before them, counted backwards, one for each other blob that is signed (slot 1: Info.plist, absent;
                  slot 2: the requirements)
  Requirements    slot 2: empty
  BlobWrapper     slot 0x10000: where a certificate's signature would be; empty

and the load command LC_CODE_SIGNATURE, itself within the first page, says where. Apple's `codesign -s -` is said to
write these same blobs. The flag "linker-signed" is not set, as this is no linker.
"""
import argparse
import hashlib
import os
import struct
import sys
import tempfile

MACHO_64 = 0xfeedfacf
UNIVERSAL = 0xcafebabe
EXECUTE = 2
CPUS = {0x01000007: "x86_64", 0x0100000c: "arm64"}
VM_PAGE = {"x86_64": 0x1000, "arm64": 0x4000}
LC_SEGMENT_64 = 0x19
LC_CODE_SIGNATURE = 0x1d

SUPERBLOB = 0xfade0cc0
CODEDIRECTORY = 0xfade0c02
REQUIREMENTS = 0xfade0c01
BLOBWRAPPER = 0xfade0b01
SLOT_CODEDIRECTORY, SLOT_REQUIREMENTS, SLOT_SIGNATURE = 0, 2, 0x10000

VERSION = 0x20400  # the first with the bounds of the executable segment, which arm64 wants
ADHOC = 0x2
MAIN_BINARY = 0x1
SHA256 = 2
PAGE_BITS = 12

# magic length version flags hashOffset identOffset nSpecialSlots nCodeSlots codeLimit hashSize hashType platform
# pageSize spare2 scatterOffset teamOffset spare3 codeLimit64 execSegBase execSegLimit execSegFlags
DIRECTORY = struct.Struct(">9I4B4I4Q")


class Wrong(Exception):
    """What is wrong with a file, as a sentence."""


class Program:
    """A Mach-O program for one architecture, in a bytearray: what a signature needs to know of it."""

    def __init__(self, data):
        self.data = data
        self.signature = None  # the offset of LC_CODE_SIGNATURE
        self.segments = {}  # name: the offset of its load command
        self.first_section = len(data)
        if len(data) < 32:
            raise Wrong(f"{len(data)} bytes are no program")
        magic, cpu, _, kind, count, self.commands_size = struct.unpack_from("<6I", data)
        if magic != MACHO_64:
            raise Wrong(f"begins with {magic:#010x}: not a Mach-O of 64 bits")
        if cpu not in CPUS or kind != EXECUTE:
            raise Wrong(f"CPU {cpu:#x}, type {kind}: not a program for {' or '.join(CPUS.values())}")
        self.cpu = CPUS[cpu]
        self.commands_end = 32 + self.commands_size
        if self.commands_end > len(data):
            raise Wrong("its load commands go beyond its end")
        self._read_commands(count)
        for name in ("__TEXT", "__LINKEDIT"):
            if name not in self.segments:
                raise Wrong(f"has no segment {name}")

    def _read_commands(self, count):
        at = 32
        for _ in range(count):
            if at + 8 > self.commands_end:
                raise Wrong("has more load commands than room for them")
            command, size = struct.unpack_from("<2I", self.data, at)
            if size < 8 or at + size > self.commands_end:
                raise Wrong(f"a load command of {size} bytes at {at}")
            if command == LC_SEGMENT_64:
                self._read_segment(at, size)
            elif command == LC_CODE_SIGNATURE:
                if self.signature is not None or size != 16:
                    raise Wrong("LC_CODE_SIGNATURE is there twice, or is not of 16 bytes")
                self.signature = at
            at += size
        if at != self.commands_end:
            raise Wrong(f"its load commands end at {at}, not at {self.commands_end}")

    def _read_segment(self, at, size):
        if size < 72:
            raise Wrong(f"a segment command of {size} bytes")
        name = bytes(self.data[at + 8:at + 24]).rstrip(b"\0").decode("latin-1")
        if name in self.segments:
            raise Wrong(f"two segments are {name}")
        self.segments[name] = at
        sections = struct.unpack_from("<I", self.data, at + 64)[0]
        if size != 72 + 80 * sections:
            raise Wrong(f"the segment {name} has {sections} sections in {size} bytes")
        for section in range(at + 72, at + size, 80):
            offset = struct.unpack_from("<I", self.data, section + 48)[0]
            if offset:  # not a section of zeros, which the file does not hold
                self.first_section = min(self.first_section, offset)

    def segment(self, name):
        """The segment's offset in the file, and its size there."""
        return struct.unpack_from("<2Q", self.data, self.segments[name] + 40)

    def signed(self):
        """Where the signature is: offset and size. At the very end of the file, or Wrong."""
        if self.signature is None:
            raise Wrong("is not signed: no LC_CODE_SIGNATURE")
        offset, size = struct.unpack_from("<2I", self.data, self.signature + 8)
        linkedit, length = self.segment("__LINKEDIT")
        if not offset + size == linkedit + length == len(self.data) or offset < max(linkedit, self.commands_end):
            raise Wrong(f"its signature, {size} bytes at {offset}, is not at the end of __LINKEDIT and of the program")
        if offset % 16:
            raise Wrong(f"its signature begins at {offset}, which 16 does not divide")
        return offset, size


def blob(magic, content):
    return struct.pack(">2I", magic, 8 + len(content)) + content


def pages_of(code, bits):
    return [hashlib.sha256(code[at:at + (1 << bits)]).digest() for at in range(0, len(code), 1 << bits)]


def code_directory(program, code, identifier, requirements):
    name = identifier.encode() + b"\0"
    special = [hashlib.sha256(requirements).digest(), bytes(32)]  # slots 2 and 1
    pages = pages_of(code, PAGE_BITS)
    hashes = DIRECTORY.size + len(name) + 32 * len(special)
    text, text_size = program.segment("__TEXT")
    return DIRECTORY.pack(CODEDIRECTORY, hashes + 32 * len(pages), VERSION, ADHOC, hashes, DIRECTORY.size, len(special),
                          len(pages), len(code), 32, SHA256, 0, PAGE_BITS, 0, 0, 0, 0, 0, text, text_size,
                          MAIN_BINARY) + name + b"".join(special + pages)


def signature_of(program, code, identifier):
    requirements = blob(REQUIREMENTS, bytes(4))
    blobs = [(SLOT_CODEDIRECTORY, code_directory(program, code, identifier, requirements)),
             (SLOT_REQUIREMENTS, requirements), (SLOT_SIGNATURE, blob(BLOBWRAPPER, b""))]
    at = 12 + 8 * len(blobs)
    index = struct.pack(">I", len(blobs))
    for slot, content in blobs:
        index += struct.pack(">2I", slot, at)
        at += len(content)
    return blob(SUPERBLOB, index + b"".join(content for _, content in blobs))


def make_room(program):
    """Adds LC_CODE_SIGNATURE where the linker has left room for it."""
    data = program.data
    end = program.commands_end
    if end + 16 > program.first_section or any(data[end:end + 16]):
        raise Wrong("no room for another load command; link with -headerpad")
    count = struct.unpack_from("<I", data, 16)[0]
    struct.pack_into("<2I", data, 16, count + 1, program.commands_size + 16)
    struct.pack_into("<4I", data, end, LC_CODE_SIGNATURE, 16, 0, 0)
    return Program(data)


def sign(data, identifier):
    """The program with a new signature instead of the one that it may have."""
    program = Program(bytearray(data))
    data = program.data
    if program.signature is not None:
        del data[program.signed()[0]:]
    else:
        if sum(program.segment("__LINKEDIT")) != len(data):
            raise Wrong("__LINKEDIT is not at its end")
        program = make_room(program)
    data.extend(bytes(-len(data) % 16))
    offset = len(data)
    # The command is itself in what is signed, so it must be final first; and the length does not depend on the content.
    size = len(signature_of(program, data, identifier))
    size += -size % 16
    struct.pack_into("<2I", data, program.signature + 8, offset, size)
    linkedit = program.segments["__LINKEDIT"]
    length = offset + size - program.segment("__LINKEDIT")[0]
    struct.pack_into("<Q", data, linkedit + 32, length + -length % VM_PAGE[program.cpu])
    struct.pack_into("<Q", data, linkedit + 48, length)
    data.extend(signature_of(program, data, identifier).ljust(size, b"\0"))
    return bytes(data)


def blobs_of(area):
    """The blobs of a SuperBlob by slot. Between and behind them may only be zeros: nobody signs what is there."""
    magic, length, count = struct.unpack_from(">3I", area)
    if magic != SUPERBLOB or not 12 + 8 * count <= length <= len(area):
        raise Wrong(f"no SuperBlob: {magic:#010x}, {length} bytes, {count} blobs")
    ret = {}
    end = 12 + 8 * count
    for i in range(count):
        slot, at = struct.unpack_from(">2I", area, 12 + 8 * i)
        if at < end or at + 8 > length or any(area[end:at]) or slot in ret:
            raise Wrong(f"the blob in slot {slot:#x} begins at {at}, not at {end}, or is a second one")
        end = at + struct.unpack_from(">I", area, at + 4)[0]
        if end < at + 8 or end > length:
            raise Wrong(f"the blob in slot {slot:#x} goes beyond the signature")
        ret[slot] = area[at:end]
    if end != length or any(area[end:]):
        raise Wrong(f"there is something behind the last blob, which ends at {end}")
    return ret


def check_directory(program, directory, code_limit):
    """All but the hashes. Returns the fields that the hashes need."""
    (magic, _, version, flags, hashes, ident, special, count, limit, hash_size, hash_type, platform, page_bits, spare,
     scatter, team, spare3, limit64, text, text_size, segment_flags) = DIRECTORY.unpack_from(directory)
    for what, found, wanted in (
            ("magic", magic, CODEDIRECTORY), ("version", version, VERSION), ("hash type", hash_type, SHA256),
            ("hash size", hash_size, 32), ("code limit", limit, code_limit), ("platform", platform, 0),
            ("page size is 4096 or 16384", page_bits in (12, 14), True),
            ("reserved field", (spare, scatter, team, spare3, limit64), (0,) * 5),
            ("executable segment", (text, text_size), program.segment("__TEXT")),
            ("executable segment's flags", segment_flags, MAIN_BINARY), ("ad-hoc flag", bool(flags & ADHOC), True),
            ("flags", flags & ~0x20000, ADHOC), ("number of pages", count, -(-code_limit >> page_bits)),
            ("identifier's offset", ident, DIRECTORY.size), ("length", len(directory), hashes + 32 * count)):
        if found != wanted:
            raise Wrong(f"CodeDirectory: {what} is {found}, not {wanted}")
    name, zero, rest = bytes(directory[ident:hashes - 32 * special]).partition(b"\0")
    if not name or not zero or any(rest):
        raise Wrong("CodeDirectory: no identifier")
    return name.decode("latin-1"), hashes, special, page_bits


def check_special(blobs, directory, hashes, special):
    """Each other blob is signed by the slot with its number, and a slot without a blob is empty."""
    signed = {slot for slot in blobs if slot not in (SLOT_CODEDIRECTORY, SLOT_SIGNATURE)}
    for slot in range(1, max(signed | {special}) + 1):
        found = directory[hashes - 32 * slot:hashes - 32 * (slot - 1)] if slot <= special else b""
        wanted = hashlib.sha256(blobs[slot]).digest() if slot in signed else bytes(32 if slot <= special else 0)
        if found != wanted:
            raise Wrong(f"slot {slot} is not what was signed")
    if blobs.get(SLOT_SIGNATURE, blob(BLOBWRAPPER, b"")) != blob(BLOBWRAPPER, b""):
        raise Wrong("a signature with a certificate, or none that is known; an empty one was wanted")


def verify_slice(data, identifier):
    """One architecture, as a sentence; Wrong if it has changed, or is signed in a way that is not known here."""
    program = Program(data)
    offset, size = program.signed()
    try:
        blobs = blobs_of(data[offset:offset + size])
        directory = blobs[SLOT_CODEDIRECTORY]
        name, hashes, special, page_bits = check_directory(program, directory, offset)
        check_special(blobs, directory, hashes, special)
    except (struct.error, KeyError) as error:
        raise Wrong(f"its signature has no CodeDirectory, or is cut: {error}") from error
    if identifier is not None and name != identifier:
        raise Wrong(f"is signed as '{name}', not as '{identifier}'")
    pages = pages_of(data[:offset], page_bits)
    for i, page in enumerate(pages):
        if directory[hashes + 32 * i:hashes + 32 * (i + 1)] != page:
            raise Wrong(f"page {i}, from byte {i << page_bits} on, is not what was signed")
    return f"{program.cpu}: ad-hoc signature of '{name}' is valid, {len(pages)} pages of {1 << page_bits} bytes"


def slices(data):
    """Each program of a universal file as (where, bytes), or the one program that the file is."""
    if len(data) < 8 or struct.unpack_from(">I", data)[0] != UNIVERSAL:
        return [("", data)]
    count = struct.unpack_from(">I", data, 4)[0]
    if not 0 < count <= len(CPUS) or len(data) < 8 + 20 * count:
        raise Wrong(f"a universal file with {count} architectures")
    ret = []
    end = 8 + 20 * count
    for i in range(count):
        cpu, _, offset, size, align = struct.unpack_from(">5I", data, 8 + 20 * i)
        if offset < end or offset + size > len(data) or align > 15 or offset % (1 << align):
            raise Wrong(f"architecture {i}: {size} bytes at {offset}, aligned to 2^{align}, in {len(data)} bytes")
        if data[offset + 4:offset + 8] != struct.pack("<I", cpu):
            raise Wrong(f"architecture {i}: the CPU at {offset} is not {cpu:#x}, as the universal header says")
        ret.append((f"at {offset}: ", data[offset:offset + size]))
        end = offset + size
    if end != len(data):
        raise Wrong("there is something behind the last architecture")
    return ret


def verify(data, identifier=None):
    """A sentence for each architecture, or Wrong. What stands between two architectures is signed by nobody."""
    ret = []
    for where, part in slices(data):
        try:
            ret.append(where + verify_slice(part, identifier))
        except Wrong as wrong:
            raise Wrong(f"{where}{wrong}") from wrong
    return ret


def replace(path, data):
    """A new file, never the old one written over: macOS remembers the signature of a file that it has seen."""
    fd, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)))
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main():
    parser = argparse.ArgumentParser(description="ad-hoc signatures of programs for macOS")
    parser.add_argument("verb", choices=("sign", "verify"))
    parser.add_argument("--identifier")
    parser.add_argument("file", metavar="FILE")
    args = parser.parse_args()
    if args.verb == "sign" and not (args.identifier and args.identifier.isascii() and args.identifier.isprintable()):
        parser.error("sign wants an --identifier of printable ASCII")
    try:
        with open(args.file, "rb") as file:
            data = file.read()
        if args.verb == "sign":
            data = sign(data, args.identifier)
            verify(data, args.identifier)
            replace(args.file, data)
        else:
            print("\n".join(verify(data, args.identifier)))
    except (OSError, Wrong) as error:
        print(f"codesign.py: {args.file}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
