# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What `tunnelctl authorize --install` and `--revoke` run on the server, whatever the login shell there is:
#
#   exec /bin/sh -c 'T=$(cat); eval "$T"' login
#
# with this text on standard input, behind assignments in single quotes: nonce, step, account, name, type, base64, line,
# block, dedicated, seen_keys, seen_block, state, patience, hop. An empty line and block take away what was installed. hop
# = yes: a host on the way, where sshd's settings are none of ours.
# Each line of the answer begins with the nonce, so a greeting of the server is no part of it.
# POSIX sh and awk; nothing runs before main in the last line, so half a text does nothing.

LC_ALL=C
PATH=/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin
export LC_ALL PATH
umask 077

boot='T=$(cat); eval "$T"'
conf=/etc/ssh/sshd_config
dropin=/etc/ssh/sshd_config.d/50-tunnelctl-$name.conf
begin="# BEGIN tunnelctl $name"
end="# END tunnelctl $name"
ours="# tunnelctl: the server's half of the tunnel $name"

say() { printf '%s %s\n' "$nonce" "$*"; }
fail() { say "fail $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
sum() { if [ -e "$1" ]; then cksum <"$1" | tr ' ' -; else echo none; fi; }
# Lines of standard input as lines of the answer.
show() { NONCE=$nonce WORD=$1 awk '{ print ENVIRON["NONCE"], ENVIRON["WORD"], $0 }'; }
last_words() { tail -n 1 | cut -c 1-200; }

# --- the line in authorized_keys: all of this runs with the rights of that account alone -----------------------------

# MODE lines: the lines of standard input that hold the key; MODE file: all of them, with LINE in the place of the first.
keys_filter() {
	MODE=$1 LINE=$line TYPE=$type BASE64=$base64 awk '
		# sshd reads past the CR of a file from Windows.
		function is_ours(i, n, word, text) {
			text = $0
			sub(/\r+$/, "", text)
			n = split(text, word)
			if (text !~ /^[ \t]*#/)
				for (i = 1; i < n; i++)
					if (word[i] == ENVIRON["TYPE"] && word[i + 1] == ENVIRON["BASE64"])
						return 1
			return 0
		}
		ENVIRON["MODE"] == "lines" { if (is_ours()) print; next }
		ENVIRON["MODE"] == "others" { if (!is_ours() && $0 ~ /[^ \t\r]/ && $0 !~ /^[ \t]*#/) print; next }
		is_ours() { if (!done && ENVIRON["LINE"] != "") print ENVIRON["LINE"]; done = 1; next }
		{ print }
		END { if (ENVIRON["MODE"] == "file" && !done && ENVIRON["LINE"] != "") print ENVIRON["LINE"] }'
}

# The path of a file or folder of this account that nobody else may have put there.
check_own() {
	[ ! -h "$1" ] || fail "$home/$1 of $account is a link; nothing is written through links, so put the line there by hand"
	[ -e "$1" ] || return 0
	if [ "$2" = folder ]; then [ -d "$1" ]; else [ -f "$1" ]; fi || fail "$home/$1 of $account is no $2; look at it there"
	[ "$(ls -ldn "$1" | awk '{ print $3 }')" = "$(id -u)" ] ||
		fail "$home/$1 does not belong to $account, so sshd may not trust it; say there, as root: chown -h $account $home/$1"
}

keys_open() {
	home=$(getent passwd "$account" 2>/dev/null | cut -d : -f 6)
	case $account in *[!A-Za-z0-9._-]*) ;; *) [ -n "$home" ] || eval "home=~$account" ;; esac
	cd "$home" 2>/dev/null || fail "the home folder of $account (${home:-unknown}) is not there, or not for it; make it first"
	case $(ls -ldn .) in
	?????w* | ????????w*) say "note the home folder $home may be written to by others, and sshd (StrictModes) may then ignore its keys; say there: chmod go-w $home" ;;
	esac
	check_own .ssh folder
	check_own .ssh/authorized_keys file
	keys=.ssh/authorized_keys
	if [ -e "$keys" ]; then
		[ -r "$keys" ] || fail "$home/$keys cannot be read by $account; say there: chmod u+rw $home/$keys"
		[ "$(wc -c <"$keys")" -le 1000000 ] || fail "$home/$keys is larger than a megabyte; look at it there"
		[ "$(tr -d '\000' <"$keys" | wc -c)" -eq "$(wc -c <"$keys")" ] || fail "$home/$keys holds NUL bytes; look at it there"
	fi
}

keys_now() { if [ -e "$keys" ]; then cat "$keys"; fi; }

keys_changed() {
	[ -n "$line" ] || { [ -n "$(keys_now | keys_filter lines)" ]; return; }
	[ "$(keys_now | keys_filter lines)" != "$line" ]
}

keys_look() {
	keys_open
	say "keys $home/$keys"
	say "keys-sum $(sum "$keys")"
	[ -z "$line" ] || [ -z "$(cat .ssh/authorized_keys2 2>/dev/null | keys_filter lines)" ] ||
		fail "$home/.ssh/authorized_keys2 has this key too, without the limits of its line; take it out there first"
	others=$(cat "$keys" .ssh/authorized_keys2 2>/dev/null | keys_filter others | wc -l)
	say "others $((others))"
	keys_changed || return 0
	say "keys-change"
	keys_now | keys_filter lines | show keys-
	if [ -n "$line" ]; then printf '%s\n' "$line" | show keys+; fi
}

keys_apply() {
	keys_open
	[ "$(sum "$keys")" = "$seen_keys" ] || fail "$home/$keys was changed by somebody else just now; try again"
	keys_changed || return 0
	[ -d .ssh ] || mkdir .ssh || fail "$account cannot make $home/.ssh; make it there as root, for that account"
	chmod go-w .ssh
	new=$keys.tunnelctl.$$
	rm -f "$keys.tunnelctl.bak" "$new"
	[ ! -e "$keys" ] || cp -p "$keys" "$keys.tunnelctl.bak" || fail "$home/$keys: no copy of it could be made; is the disk full?"
	set -C
	keys_now | keys_filter file >"$new" && chmod 600 "$new" || { rm -f "$new"; fail "$home/$new could not be written; is the disk full?"; }
	set +C
	mv -f "$new" "$keys" || { rm -f "$new"; fail "$home/$keys could not be replaced; look at its folder"; }
	if have restorecon; then restorecon -R .ssh >/dev/null 2>&1; fi
	say "keys-changed $home/$keys"
}

# Only what we wrote ourselves is taken back.
keys_back() {
	keys_open
	bak=$keys.tunnelctl.bak
	if [ -f "$bak" ] && [ ! -h "$bak" ]; then
		keys_filter file <"$bak" | cmp -s - "$keys" && mv -f "$bak" "$keys"
	elif [ -e "$keys" ]; then
		keys_filter file </dev/null | cmp -s - "$keys" && rm -f "$keys"
	fi
}

# as_account STEP: root does nothing itself in somebody else's home.
as_account() {
	if [ "$(id -u)" = "$(id -u "$account")" ]; then
		( "$1" )
	elif have runuser; then
		printf '%s\n' "$T" | runuser -u "$account" -- /bin/sh -c "$boot" "$1"
	elif have sudo; then
		printf '%s\n' "$T" | sudo -n -u "$account" /bin/sh -c "$boot" "$1"
	else
		printf '%s\n' "$T" | su -s /bin/sh "$account" -c "$boot" "$1"
	fi
}

# --- the block in sshd_config: root alone ----------------------------------------------------------------------------

find_sshd() {
	sshd=$(command -v sshd) || sshd=/usr/lib/ssh/sshd
	[ -x "$sshd" ] || fail "no sshd found in $PATH, so its settings cannot be tested; install the block by hand"
}

# An Include behind a Match belongs to that Match.
has_include() {
	[ -d "${dropin%/*}" ] && awk '
		tolower($1) == "match" { exit }
		tolower($1) == "include" { for (i = 2; i <= NF; i++) if ($i ~ /(^|\/)sshd_config\.d\/\*\.conf"?$/) found = 1 }
		END { exit !found }' "$conf"
}

# What counts for the account in the end. Without laddr and lport sshd stops at a Match for those.
settings() { "$sshd" -T -C "user=$account,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22" 2>/dev/null; }

is_closed() { settings | grep -qix 'maxsessions 0'; }

# By the block of another tunnel, or by an administrator: our line cannot open what that closes.
note_closed() {
	[ "$dedicated" != yes ] && [ -n "$block" ] && ! block_old | grep -q MaxSessions || return 0
	( find_sshd ) >/dev/null && find_sshd && is_closed || return 0
	say "note another Match block closes $account (MaxSessions 0), so its lists count for this tunnel as well: $(settings | grep -ie '^permitlisten ' -e '^permitopen ' | tr '\n' ' ')"
}

# Standard output: the marked part, or (MODE file) all of it with PART in its place.
marked() {
	MODE=$1 PART=$part BEGIN=$begin END=$end awk '
		function put() { if (ENVIRON["PART"] != "") print ENVIRON["PART"] }
		$0 == ENVIRON["BEGIN"] { inside = 1; if (ENVIRON["MODE"] == "file") { put(); done = 1 } }
		ENVIRON["MODE"] == "file" ? !inside : inside { print }
		$0 == ENVIRON["END"] { inside = 0 }
		END { if (ENVIRON["MODE"] == "file" && !done) put(); exit inside }' "$conf"
}

block_open() {
	[ -f "$conf" ] && [ ! -h "$conf" ] || fail "$conf is not a plain file; put the block there by hand"
	part=
	if grep -qxF "$begin" "$conf"; then
		where=marked
	elif has_include || { [ -z "$block" ] && [ -e "$dropin" ]; }; then
		where=dropin
	else
		where=marked
	fi
	if [ $where = dropin ]; then
		file=$dropin
		[ ! -h "$file" ] || fail "$file is a link; look at it there"
		[ ! -e "$file" ] || grep -qF "$ours" "$file" || fail "$file was not written by tunnelctl; look at it there"
	else
		file=$conf
		[ -z "$block" ] || part=$(printf '%s\n%s\nMatch all\n%s' "$begin" "$block" "$end")
		marked part >/dev/null || fail "$conf has \"$begin\" without \"$end\"; put that line back there"
	fi
	owner=$(block_old | awk 'tolower($1) == "match" && tolower($2) == "user" { print $3; exit }')
	[ -z "$owner" ] || [ "$owner" = "$account" ] ||
		fail "the block of $name in $file is for the account $owner: another machine's, so give this tunnel another name; or an older one of yours, so take it out there first"
}

block_old() {
	if [ $where = marked ]; then marked part; elif [ -e "$file" ]; then cat "$file"; fi
}

block_new() {
	if [ $where = marked ]; then [ -z "$part" ] || printf '%s\n' "$part"; elif [ -n "$block" ]; then printf '%s\n' "$block"; fi
}

block_changed() { [ "$(block_old)" != "$(block_new)" ]; }

block_look() {
	block_open
	say "block $file"
	say "block-sum $(sum "$file")"
	note_closed
	block_changed || return 0
	say "block-change"
	block_old | show block-
	block_new | show block+
}

# A pid file may be older than the last boot.
is_sshd() { case $(ps -o comm= -p "$1" 2>/dev/null || cat "/proc/$1/comm" 2>/dev/null) in *sshd*) ;; *) return 1 ;; esac; }

reload() {
	if [ -d /run/systemd/system ] && have systemctl; then
		for unit in ssh sshd; do
			if systemctl -q is-active $unit.service && systemctl reload $unit.service >/dev/null 2>&1; then return 0; fi
		done
		# sshd is started for each connection, and reads its settings then.
		if systemctl -q is-active ssh.socket || systemctl -q is-active sshd.socket; then return 0; fi
	fi
	[ "$(uname)" != Darwin ] || return 0 # the same, by launchd
	for pidfile in "$("$sshd" -T 2>/dev/null | awk '$1 == "pidfile" { print $2 }')" /run/sshd.pid /var/run/sshd.pid; do
		pid=$(cat "$pidfile" 2>/dev/null) && case $pid in '' | *[!0-9]*) false ;; esac && is_sshd "$pid" && kill -HUP "$pid" 2>/dev/null && return 0
	done
	service ssh reload >/dev/null 2>&1 || service sshd reload >/dev/null 2>&1
}

# Puts PATH, whose new bytes stand in $state/new, into place; the mode of an old one stays.
put_file() {
	new=$file.tunnelctl.$$
	rm -f "$new"
	if [ -e "$file" ]; then cp -p "$file" "$new"; else : >"$new" && chmod 644 "$new"; fi &&
		cat "$state/new" >"$new" && mv -f "$new" "$file"
}

block_undo() {
	[ -f "$state/new" ] || return 0
	file=$(cat "$state/file")
	if [ -e "$file" ] && ! cmp -s "$state/new" "$file"; then return 0; fi
	if [ -f "$state/old" ]; then cp -p "$state/old" "$file.tunnelctl.$$" && mv -f "$file.tunnelctl.$$" "$file"; else rm -f "$file"; fi
}

# Written and tested, but nothing told to sshd yet.
block_apply() {
	block_open
	[ "$(sum "$file")" = "$seen_block" ] || fail "$file was changed by somebody else just now; try again"
	block_changed || return 0
	find_sshd
	words=$("$sshd" -t 2>&1) || fail "sshd -t fails already, before any change: $(printf '%s\n' "$words" | last_words); correct that first"
	printf '%s\n' "$file" >"$state/file"
	if [ -e "$file" ]; then cp -p "$file" "$state/old" && cp -p "$file" "$file.tunnelctl.bak"; fi || fail "no copy of $file could be made; is the disk full?"
	if [ $where = marked ]; then marked file; else block_new; fi >"$state/new"
	if [ $where = dropin ] && [ -z "$block" ]; then rm -f "$file"; else put_file; fi || { block_undo; fail "$file could not be written; is the disk full?"; }
	words=$("$sshd" -t 2>&1) || { block_undo; fail "sshd -t does not accept it, so the old settings stay: $(printf '%s\n' "$words" | last_words)"; }
	if [ "$dedicated" = yes ] && [ -n "$block" ]; then
		is_closed || { block_undo; fail "another Match block of this server comes first for $account and wins; the old settings stay; look for it in $conf and beside it"; }
	fi
	say "block-changed $file"
}

# --- the steps -------------------------------------------------------------------------------------------------------

judge() {
	id -u "$account" >/dev/null 2>&1 || fail "there is no account $account on the server; make it there: sudo useradd -m $account"
	if [ "$(id -u)" -ne 0 ] && [ "$(id -u)" -ne "$(id -u "$account")" ]; then
		fail "logged in as $me, who is neither $account nor root nor allowed to sudo without a password; name an account that is: authorize $name ADMIN@HOST --install"
	fi
	[ "$dedicated" = yes ] && [ -n "$block" ] || return 0
	[ "$(id -u "$account")" -ne 0 ] || fail "--dedicated would close the account root to everybody; use an account for the tunnel alone: sudo useradd -m tunnel"
	[ "$account" != "$me" ] || fail "--dedicated would close $account, the account that this login came by; use an account for the tunnel alone, or log in as another: authorize $name ADMIN@HOST --install"
	[ "$(id -u)" -eq 0 ] || fail "--dedicated needs root on the server; name an account that may: authorize $name ADMIN@HOST --install"
}

judge_others() {
	case $1 in *"$nonce others 0"*) return 0 ;; *"$nonce others "*) ;; *) return 0 ;; esac
	[ "$dedicated" = yes ] && [ -n "$block" ] || return 0
	fail "--dedicated would close $account to the other keys in its authorized_keys; use an account for the tunnel alone, or take those keys out"
}

look() {
	judge
	answer=$(as_account keys_look) || { printf '%s\n' "$answer"; exit 1; }
	printf '%s\n' "$answer"
	judge_others "$answer"
	[ -x /usr/local/bin/tunnelctl-reclaim ] || say "no-reclaim"
	[ "$hop" != yes ] || return 0
	if [ "$(id -u)" -eq 0 ]; then block_look; elif [ -e "$dropin" ]; then say "block-stays $dropin"; fi
}

# At most $patience seconds after the change, and 10 for that, however this connection ends: then the old files, unless a
# second login came.
watch_start() {
	printf '%s\n' "$T" >"$state/program"
	if [ -d /run/systemd/system ] && have systemd-run && [ "$(id -u)" -eq 0 ] &&
		systemd-run --quiet --collect /bin/sh -c 'T=$(cat "$1/program"); eval "$T"' watch "$state" >/dev/null 2>&1; then
		return 0
	fi
	if have setsid; then set -- setsid; else set -- nohup; fi
	"$@" /bin/sh -c 'trap "" HUP; T=$(cat "$1/program"); eval "$T"' watch "$state" </dev/null >/dev/null 2>&1 &
}

undo() {
	if [ -f "$state/file" ]; then find_sshd; block_undo; reload; fi
	as_account keys_back
}

watch() {
	n=-10
	while [ $n -lt "$patience" ]; do
		sleep 1
		[ -d "$state" ] || exit 0
		if [ $n -lt 0 ] && [ -e "$state/applied" ]; then n=0; else n=$((n + 1)); fi
	done
	mkdir "$state/decided" 2>/dev/null || exit 0
	undo
	rm -rf "$state"
}

apply() {
	judge
	answer=$(as_account keys_look) || { printf '%s\n' "$answer"; exit 1; }
	judge_others "$answer"
	state=$(mktemp -d /tmp/tunnelctl-install.XXXXXX) || fail "no folder in /tmp could be made; is the disk full?"
	if [ "$patience" -gt 0 ]; then watch_start; fi
	answer=
	if [ "$(id -u)" -eq 0 ] && [ "$hop" != yes ]; then answer=$(block_apply) || { printf '%s\n' "$answer"; rm -rf "$state"; exit 1; }; fi
	words=$(as_account keys_apply) || { mkdir "$state/decided" && block_undo; rm -rf "$state"; printf '%s\n' "$words"; exit 1; }
	if [ -f "$state/file" ]; then
		find_sshd
		reload || { mkdir "$state/decided" && undo; rm -rf "$state"; fail "sshd could not be told to read its settings anew, so the old ones stay; install the block by hand"; }
	fi
	[ -z "$answer" ] || printf '%s\n' "$answer"
	[ -z "$words" ] || printf '%s\n' "$words"
	if [ "$patience" -gt 0 ]; then : >"$state/applied" && say "state $state"; else rm -rf "$state"; fi
}

# By a login of its own: the old files are not put back any more.
confirm() {
	case $state in /tmp/tunnelctl-install.*/* | *..*) fail "no such folder" ;; /tmp/tunnelctl-install.*) ;; *) fail "no such folder" ;; esac
	mkdir "$state/decided" 2>/dev/null || fail "the second login came too late: the server has put its old files back; try again"
	rm -rf "$state"
}

main() {
	case $role in
	login)
		me=$(id -un)
		say "me $me"
		if [ "$(id -u)" -ne 0 ] && have sudo && sudo -n /bin/sh -c : >/dev/null 2>&1; then
			say "root sudo"
			printf '%s\n' "$T" | sudo -n /bin/sh -c "$boot" root "$me"
			return
		fi
		if [ "$(id -u)" -eq 0 ]; then say "root yes"; else say "root no"; fi
		"$step" && say "end"
		;;
	root) me=$1 && "$step" && say "end" ;;
	watch) state=$1 && watch ;;
	keys_*) "$role" ;;
	esac
}

role=$0
main "$@" </dev/null
