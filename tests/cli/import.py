#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""import.py TUNNELCTL FOLDER CASES SEED: random ssh and autossh command lines, and Hosts of random ssh_configs, imported,
compared with what ssh -G says of both; and every word and every line that counts is in the INI or in the list of what is
left out."""
import collections
import html
import json
import os
import plistlib
import random
import re
import shlex
import subprocess
import sys

tunnelctl, folder, cases, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = random.Random(seed)
os.chdir(folder)
for name in ("id1", "id2", "a b", "config"):
    with open(name, "w", encoding="utf-8"):
        pass

# Each option: the words, in one of ssh's spellings, and the keys of ssh -G that it sets. None: only ever dropped.
FLAGS = {"4": "addressfamily", "6": "addressfamily", "C": "compression", "K": "gssapiauthentication",
         "A": None, "a": None, "f": None, "M": None, "N": None, "n": None, "q": None, "T": None, "t": None, "v": None,
         "X": None, "x": None, "Y": None, "y": None, "2": None, "k": "gssapidelegatecredentials"}
HOSTS = ["localhost", "db.example.net", "192.0.2.7", "[::1]", "[2001:db8::3]"]


def port():
    return str(rng.randint(1, 65535))


def target():
    return rng.choice([rng.choice(HOSTS) + ":" + port(), "/run/x.sock"])


def listen(sockets=True):
    return rng.choice([port(), port(), "localhost:" + port(), "*:" + port(), "[::1]:" + port()] +
                      (["/run/l.sock"] if sockets else []))


LETTERS = {
    "p": ("port", port), "l": ("user", lambda: rng.choice(["me", "remote_user"])),
    "i": ("identityfile", lambda: folder + "/" + rng.choice(["id1", "id2", "a b"])),
    "b": ("bindaddress", lambda: rng.choice(["192.0.2.1", "::1"])), "B": ("bindinterface", lambda: "lo"),
    "c": ("ciphers", lambda: rng.choice(["aes256-ctr", "aes128-ctr,aes256-ctr"])),
    "m": ("macs", lambda: rng.choice(["hmac-sha2-256", "hmac-sha2-512"])),
    "L": ("localforward", lambda: listen() + ":" + target()), "R": ("remoteforward", lambda: listen() + ":" + target()),
    "D": ("dynamicforward", lambda: listen(False)), "w": ("tunneldevice", lambda: rng.choice(["0:1", "any", "3", "any:5"])),
    "J": ("proxyjump", lambda: rng.choice(["jump", "me@jump:2022", "a,b@c:22"])), "e": (None, lambda: "none"),
    "S": (None, lambda: "/run/ctl"), "I": ("pkcs11provider", lambda: "/usr/lib/p11.so"),
}
KEYWORDS = {
    "ServerAliveInterval": ["60", "1m", "15"], "ServerAliveCountMax": ["3", "5"], "ConnectTimeout": ["20", "1m30s"],
    "Compression": ["yes", "no"], "HostKeyAlias": ["alias"], "AddressFamily": ["inet", "inet6", "any"], "Port": ["2022"],
    "User": ["other"], "Ciphers": ["aes256-ctr"], "KexAlgorithms": ["curve25519-sha256"], "IPQoS": ["throughput"],
    "RekeyLimit": ["1G 1h"], "SetEnv": ["A=b"], "SendEnv": ["LANG"], "ConnectionAttempts": ["3"],
    "TunnelDevice": ["1:2"], "UserKnownHostsFile": [folder + "/id1", folder + "/id1 " + folder + "/id2"], "Tunnel": ["ethernet", "no", "yes", "point-to-point"],
    "IdentityFile": [folder + "/id2", '"' + folder + '/a b"'], "LocalForward": ["5432 db:5432"],
    "RemoteForward": ["localhost:1234 localhost:22"], "ProxyCommand": ["nc -x proxy:1080 %h %p"], "HostName": ["real.example"],
    "PubkeyAuthentication": ["yes"], "HashKnownHosts": ["yes"], "BindAddress": ["192.0.2.1"], "RequiredRSASize": ["2048"],
    "ExitOnForwardFailure": ["yes", "no"], "StrictHostKeyChecking": ["no", "yes"], "TCPKeepAlive": ["yes", "no"],
    "BatchMode": ["yes"], "ControlMaster": ["auto", "no"], "ControlPersist": ["60"], "LogLevel": ["ERROR"],
    "GatewayPorts": ["yes", "no"], "RequestTTY": ["force"], "IdentitiesOnly": ["yes"], "UpdateHostKeys": ["yes"],
}
MANDATORY = {"exitonforwardfailure", "stricthostkeychecking", "tcpkeepalive", "batchmode", "controlmaster", "controlpersist",
             "loglevel", "requesttty", "identitiesonly", "updatehostkeys", "gatewayports"}


def option():
    """Words of one option, and its key of ssh -G."""
    kind = rng.random()
    if kind < 0.25:
        flags = rng.sample(sorted(FLAGS), rng.randint(1, 3))
        return ["-" + "".join(flags)], [FLAGS[f] for f in flags]
    if kind < 0.6:
        letter = rng.choice(sorted(LETTERS))
        key, value = LETTERS[letter]
        value = value()
        front = "" if rng.random() < 0.7 else "CN"
        words = rng.choice([["-" + front + letter, value], ["-" + front + letter + value]])
        if letter in "RLD" and rng.random() < 0.3:
            words = ["-" + letter + " " + value]
        return words, [key] + (["compression"] if front and not words[0].startswith("-" + letter) else [])
    name = rng.choice(sorted(KEYWORDS))
    value = rng.choice(KEYWORDS[name])
    text = name + rng.choice(["=", " ", " = "]) + value
    key = name.lower()
    words = rng.choice([["-o", text], ["-o" + text], ["-o " + text]])
    return words, [None if key in MANDATORY else key]


def run(*argv, fails=False):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=30,
                          text=True, check=False)
    if (done.returncode != 0) != fails:
        sys.exit(f"{shlex.join(argv)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def settings(argv):
    """What ssh -G says, or None where ssh itself takes no such command."""
    done = subprocess.run(["/usr/bin/ssh", "-G", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, timeout=30, check=False)
    if done.returncode != 0:
        return None
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        key, _, value = line.partition(" ")
        found[key].append(value)
    return found


def everybody(forward):
    """What -g makes of a listening end without an address."""
    return re.sub(r"^(\d+)", r"[*]:\1", forward)


def make():
    words, keys = [], []
    rest, behind = [], []
    for _ in range(rng.randint(1, 9)):
        more, said = option()
        (behind if rng.random() < 0.2 else rest).append((more, said))
    for more, said in rest:
        words += more
        keys += said
    form = rng.random()
    if form < 0.3:
        words.append("remoteuser@servername")
        keys += ["user", "hostname"]
    elif form < 0.5:
        words.append("ssh://remoteuser@servername:2200")
        keys += ["user", "hostname", "port"]
    elif form < 0.6:
        words += ["--", "servername"]
        keys.append("hostname")
        behind = []
    else:
        words.append("servername")
        keys.append("hostname")
    for more, said in behind:
        words += more
        keys += said
    command = rng.choice([[], [], ["sleep", "60"]])
    return words, {k for k in keys if k}, command


def program_of(autossh):
    """What stands in front of ssh's words, and what of it has to be named in a remark or be in the INI."""
    if not autossh:
        return ["/usr/bin/ssh"], [], []
    monitor = rng.choice([["-M", "0"], ["-M0"], ["-M", "20000"], ["-M", "20000:7"], ["-M20000"]])
    flags = rng.choice([[], ["-f"]])
    variables = rng.sample(["AUTOSSH_GATETIME=0", "AUTOSSH_POLL=60", "AUTOSSH_DEBUG=1", "AUTOSSH_LOGFILE=/x", "A=b"],
                           rng.randint(0, 3))
    if rng.random() < 0.3:
        variables.append("AUTOSSH_PATH=/usr/bin/ssh")
    front = ["/usr/bin/env", *variables] if variables else []
    own = rng.choice([monitor + flags, flags + monitor])
    named = ["-M " + "".join(monitor)[2:], *flags, "/usr/bin/autossh"]
    return front + ["/usr/bin/autossh"] + own, named, variables


def imported(words, program):
    if rng.random() < 0.5:
        # Root's is the system's, with an account and a key of its own; the key must be all the difference.
        as_root = os.geteuid() == 0 and rng.random() < 0.5
        command = ["env", "SUDO_USER=nobody", tunnelctl] if as_root else [tunnelctl, "--user"]
        return json.loads(run(*command, "--json", "import", "--", *program, *words).stdout), None
    with open("x.plist", "wb") as f:
        plistlib.dump({"Label": "com.example.x", "ProgramArguments": program + words, "KeepAlive": True,
                       "WorkingDirectory": folder, "UserName": "nobody"}, f)
    with open("x.plist", encoding="utf-8") as f:
        return json.loads(run(tunnelctl, "--json", "import", "x.plist").stdout), f.read().splitlines()


def accounted_front(named, variables, ini, remarks):
    said = [r["what"] for r in remarks]
    wrong = [f"{w} is nowhere" for w in named if w not in said]
    for v in variables:
        in_ini = "Environment = " + v in ini or ("AUTOSSH_PATH" in v and "Program = " + v[13:] in ini)
        wrong += [] if in_ini or v in said else [f"{v} is nowhere"]
    return wrong


def compare(asked, keys, ini):
    wanted = settings(asked)
    with open("x.ini", "w", encoding="utf-8") as f:
        f.write(ini)
    scope = "--system" if "RunAs" in ini else "--user"
    run(tunnelctl, scope, "check", "x.ini")
    shown = run(tunnelctl, scope, "--json", "show", "--argv", "x.ini").stdout
    argv_made = json.loads(shown)[0]["argv"]
    got = settings(["-F", "/dev/null", *argv_made[3:]])  # the file of a ProxyJump is written only when it runs
    wrong = []
    if os.geteuid() == 0 and "\nRunAs" in ini and "\nIdentityFile" not in ini and "\nConfigFile" not in ini and \
            "\nIdentityAgent" not in ini and "PKCS11Provider" not in ini:
        wrong.append("a tunnel of the system has no key")
    gateway = wanted["gatewayports"] == ["yes"]
    for key in sorted(keys | {"tunnel"}):
        left, right = wanted[key], got[key]
        if key in ("localforward", "remoteforward", "dynamicforward"):
            if gateway and key != "remoteforward":
                left = [everybody(v) for v in left]
            right = [v for v in right if not re.match(r"\S*/loop\.\d+( |$)", v)]
            left, right = sorted(left), sorted(right)
        elif key == "identityfile":
            left, right = list(dict.fromkeys(left)), list(dict.fromkeys(right))  # ssh says one file twice, or not
        elif key == "proxyjump":
            # tunnelctl-run makes a ProxyCommand of it.
            right = re.findall(r"^ProxyJump = (.*)$", ini, re.M)
            right = [v for v in right if v not in left] if left else right
            left = []
        if key == "tunneldevice" and wanted["tunnel"] == ["false"]:
            continue  # a number alone opens no device
        if key == "proxycommand" and "proxyjump" in wanted:
            continue
        if left != right:
            wrong.append(f"{key}: the command has {left}, the INI {right}")
    return wrong


def bare(text):
    return "".join(html.unescape(text).split())


def is_at(remark, lines):
    """An option may be two words, and so two lines."""
    here = re.sub("<[^>]*>", "", "".join(lines[remark["line"] - 1:remark["line"] + 1]))
    return bare(remark["what"]) in bare(here)


def judge_remarks(words, remarks, lines):
    wrong = []
    for r in remarks:
        if not r["why"] or r["kind"] == "refused":
            wrong.append(f"odd remark {r}")
        if lines and len(r["what"]) > 2 and r["what"] in words and not is_at(r, lines):
            wrong.append(f"not its line: {r}")
    return wrong


def accounted(words, ini, remarks):
    """Every flag that makes nothing is named in a remark."""
    said = " ".join(r["what"] for r in remarks)
    wrong = []
    for word in words:
        if re.fullmatch(r"-[AafMNnqTtvXxYy2]+", word):
            wrong += [f"{word}: -{c} is nowhere" for c in word[1:] if "-" + c not in said]
    return wrong


def try_commands():
    tried = passed_over = made = helped = 0
    while tried < cases:
        argv, said, remote = make()
        if settings(["-F", "/dev/null", *argv]) is None:
            passed_over += 1
            if passed_over > 20 * cases:
                sys.exit("ssh takes hardly any of these commands: the generator is wrong")
            continue
        tried += 1
        # autossh takes a word behind -M.
        autossh = rng.random() < 0.35 and not any(re.match("-[A-Za-z0-9]*M", w) for w in argv)
        helped += autossh
        program, named, variables = program_of(autossh)
        result, source = imported(argv + remote, program)
        problems = compare(["-F", "/dev/null", *argv], said, result["ini"])
        problems += judge_remarks(argv, result["remarks"], source) + accounted(argv, result["ini"], result["remarks"])
        problems += accounted_front(named, variables, result["ini"], result["remarks"])
        if remote and not any(r["what"] == " ".join(remote) for r in result["remarks"]):
            problems.append("the command for the server is nowhere")
        made += len(said)
        if problems:
            sys.exit(f"seed {seed}, case {tried}: {shlex.join(program + argv + remote)}\n" + "\n".join(problems) + "\n" +
                     result["ini"])
    if not helped and cases > 40:
        sys.exit("no autossh among them")
    print(f"{tried} command lines, {helped} of autossh, {made} settings; {passed_over} that ssh itself does not take")


ALIASES = ["box", "db.example.net", "a"]
PATTERNS = ["box", "b*", "*", "b?x", "*.example.net", "db.*", "a", "!box", "!a", "!*.net", "other", "[box]", "BOX", "b*x*"]


def does_match(pattern, alias):
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), alias) is not None


def does_count(patterns, alias):
    return any(does_match(p, alias) for p in patterns if p[0] != "!") and \
        not any(does_match(p[1:], alias) for p in patterns if p[0] == "!")


def config_line():
    """A line of ssh_config, its keyword and its value."""
    name = rng.choice(sorted(KEYWORDS))
    value = rng.choice(KEYWORDS[name])
    spelt = rng.choice([name, name, name.lower(), name.upper()])
    whole = name in ("ProxyCommand", "RekeyLimit", "LocalForward", "RemoteForward", "UserKnownHostsFile")
    if not whole and '"' not in value and rng.random() < 0.2:
        value = f'"{value}"'
    text = rng.choice(["", "\t", "    "]) + spelt + rng.choice([" ", "=", " = ", "\t", "  "]) + value
    if not whole and rng.random() < 0.1:
        text += rng.choice(["   ", "\t"])
    return text, name, value


def make_config(alias):
    """Lines; by line number, what counts; and what the list has to name whatever becomes of it."""
    lines, counts, listed = [], {}, set()
    inside = True
    for _ in range(rng.randint(2, 14)):
        kind = rng.random()
        if kind < 0.25:
            patterns = rng.sample(PATTERNS, rng.randint(1, 3))
            inside = does_count(patterns, alias)
            shown = [f'"{p}"' if rng.random() < 0.2 else p for p in patterns]
            lines.append(rng.choice(["Host ", "host ", "Host=", "\tHost = "]) + " ".join(shown))
            if inside:
                listed.add(len(lines))
        elif kind < 0.31:
            inside = None
            lines.append("Match host nothing-like-this")
            listed.add(len(lines))
        elif kind < 0.36:
            lines.append("Include " + folder + "/nothing-there")
            if inside is not False:
                listed.add(len(lines))
        elif kind < 0.45:
            lines.append(rng.choice(["", "# a comment", "   # Host box", "\t"]))
        else:
            text, name, value = config_line()
            lines.append(text)
            if inside:
                counts[len(lines)] = name, value
            elif inside is None:
                listed.add(len(lines))
    return lines, counts, listed


def accounted_lines(alias, lines, counts, listed, result):
    """Each line that counts makes one of the INI, or is named with its number."""
    named = {r["line"] for r in result["remarks"]}
    wrong = [f"line {n} is nowhere: {lines[n - 1]}" for n in sorted(listed - named)]
    for n, (name, value) in counts.items():
        plain = value.replace('"', "")
        in_ini = any(name.lower() == left.strip().lower() and
                     (right.replace('"', "").strip() in (plain, *plain.split(), "*:" + plain.replace(" ", ":")) or name == "Tunnel")
                     for left, eq, right in (line.partition("=") for line in result["ini"].splitlines()) if eq)
        if not in_ini and n not in named:
            wrong.append(f"line {n} is nowhere: {lines[n - 1]}")
    return wrong


def try_hosts():
    tried = passed_over = made = 0
    while tried < cases:
        alias = rng.choice(ALIASES)
        lines, counts, listed = make_config(alias)
        lines.insert(0, "Host " + alias)  # or there would be nothing to import
        counts = {n + 1: v for n, v in counts.items()}
        listed = {n + 1 for n in listed} | {1}
        # What stood above the first Host stands below this one now, and counts as it did.
        with open("x.conf", "w", encoding="utf-8") as f:
            f.write(rng.choice(["\n", "\r\n"]).join(lines) + rng.choice(["", "\n"]))
        if settings(["-F", "x.conf", alias]) is None:
            passed_over += 1
            if passed_over > 20 * cases:
                sys.exit("ssh takes hardly any of these files: the generator is wrong")
            continue
        tried += 1
        made += len(counts)
        result = json.loads(run(tunnelctl, "--user", "--json", "import", "--host", alias, "x.conf").stdout)
        keys = {name.lower() for name, _ in counts.values()} - MANDATORY
        problems = compare(["-F", "x.conf", alias], keys | {"hostname"}, result["ini"])
        problems += accounted_lines(alias, lines, counts, listed, result)
        problems += [f"odd remark {r}" for r in result["remarks"] if not r["why"] or r["kind"] == "refused"]
        if problems:
            sys.exit(f"seed {seed}, Host {alias}, case {tried}:\n" + "\n".join(lines) + "\n" + "\n".join(problems) + "\n" +
                     result["ini"])
    print(f"{tried} Hosts of ssh_config, {made} lines; {passed_over} files that ssh itself does not take")


try_commands()
try_hosts()
