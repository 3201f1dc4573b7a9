# SPDX-License-Identifier: MIT
"""oracle.py NAME.ini G-OUTPUT: does ssh -G say what the INI says? Reads both with no code of tunnelctl's."""
import os
import re
import sys

MANDATORY = {
    "batchmode": "yes", "exitonforwardfailure": "yes", "stricthostkeychecking": "true", "tcpkeepalive": "yes",
    "controlmaster": "false", "forwardagent": "no", "forwardx11": "no", "gatewayports": "no",
    "permitlocalcommand": "no", "requesttty": "false", "escapechar": "none", "loglevel": "VERBOSE",
    "sessiontype": "none", "updatehostkeys": "false", "forkafterauthentication": "no", "stdinnull": "yes",
}
PLAIN = {
    "host": "hostname", "port": "port", "user": "user", "addressfamily": "addressfamily",
    "bindaddress": "bindaddress", "hostkeyalias": "hostkeyalias", "connecttimeout": "connecttimeout",
    "serveraliveinterval": "serveraliveinterval", "serveralivecountmax": "serveralivecountmax",
    "compression": "compression", "tunneldevice": "tunneldevice", "proxycommand": "proxycommand",
}
DEFAULTS = {"port": ["22"], "compression": ["no"], "connecttimeout": ["10"], "serveraliveinterval": ["15"],
            "serveralivecountmax": ["2"]}


def read_ini(path):
    """Keys of [Tunnel] and [SSH], in lower case, with lists of values."""
    found, section = {}, ""
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]").lower()
        elif line and line[0] not in ";#" and section in ("tunnel", "ssh"):
            key, value = (s.strip() for s in line.split("=", 1))
            found.setdefault(key.lower(), []).append(value)
    return found


def read_g(path):
    found = {}
    for line in open(path, encoding="utf-8"):
        key, _, value = line.rstrip("\n").partition(" ")
        found.setdefault(key.lower(), []).append(value)
    return found


def ends(text):
    """The fields of a forward, colons and blanks being the same; brackets keep an address together."""
    fields = []
    for part in re.findall(r"\[[^\]]*\]|[^\s:]+", text):
        fields.append(part.strip("[]"))
    return fields


def seconds(text):
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "": 1}
    return str(sum(int(n) * units[u.lower()] for n, u in re.findall(r"(\d+)([smhdwSMHDW]?)", text)))


ini, g = read_ini(sys.argv[1]), read_g(sys.argv[2])
wrong = []


def expect(key, wanted, got):
    if wanted != got:
        wrong.append(f"{key}: wanted {wanted}, ssh -G says {got}")


for key, value in MANDATORY.items():
    if key in g:  # a release says only what it knows
        expect(key, [value], g[key])
for key, said in PLAIN.items():
    wanted = ini.get(key, [])[-1:] or ([] if "configfile" in ini else DEFAULTS.get(key, []))
    if key in ("connecttimeout", "serveraliveinterval"):
        wanted = [seconds(w) for w in wanted]
    if wanted:
        expect(key, wanted, g.get(said, []))
for key in ("remoteforward", "localforward", "dynamicforward"):
    # The loop's own sockets are no forwards of the tunnel.
    got = [end for end in map(ends, g.get(key, [])) if not re.fullmatch(r"/.*/loop\.\d+", end[0])]
    expect(key, sorted(map(ends, ini.get(key, []))), sorted(got))
# ssh -i leaves out a file that is not there.
files = [f for f in ini.get("identityfile", []) if os.path.exists(f)]
for f in files:
    if f.replace("%", "%%") not in g.get("identityfile", []) and f not in g.get("identityfile", []):
        wrong.append(f"identityfile: {f} is not among {g.get('identityfile')}")
for key in ("ciphers", "kexalgorithms", "macs"):
    if key in ini:
        expect(key, ini[key], g.get(key, []))
if "proxyjump" in ini and "-W '[%h]:%p' -- tunnelctl-hop-" not in g.get("proxycommand", [""])[0]:
    wrong.append(f"proxycommand: {g.get('proxycommand')}")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{sum(len(v) for k, v in ini.items() if k.endswith('forward'))} forwards, {len(ini)} keys")
