# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What this machine lacks, and on Debian as root its installation. Sourced by packaging/try and tests/run; bash 3.2, for
# macOS.
#
# A list has one need a line: Debian's package, then what shows that it is there, whoever installed it: a program, the
# pkg-config module of a library, a file, or the package itself. With "linux" at its end the line is for Linux only.

# To build tunnelctl. Both scripts need the same, so that either can be typed first.
# shellcheck disable=SC2034 # used by whoever sources this
needs_build='
gcc                program gcc        linux
libc6-dev          file    /usr/include/stdlib.h linux
cmake              program cmake
ninja-build        program ninja
pkg-config         program pkg-config
libinih-dev        module  inih
libplist-dev       module  libplist-2.0
libjansson-dev     module  jansson
libsystemd-dev     module  libsystemd linux
'

is_there() { # is_there KIND WHAT
	case $1 in
	program) PATH=$PATH:/usr/sbin:/sbin command -v "$2" >/dev/null ;;
	module) pkg-config --exists "$2" 2>/dev/null ;;
	file) [ -e "$2" ] ;;
	package) ! command -v dpkg-query >/dev/null || [ "$(dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null)" = installed ] ;;
	esac
}

missing() { # missing LIST: its packages that are not there, on one line
	local package kind what system ret=
	while read -r package kind what system; do
		if [ -z "$package" ] || { [ "$system" = linux ] && [ "$(uname)" != Linux ]; }; then
			continue
		fi
		is_there "$kind" "$what" || case "$ret " in *" $package "*) ;; *) ret+=" $package" ;; esac
	done <<<"$1"
	echo "${ret# }"
}

can_install() {
	[ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]
}

# The package openssh-server starts a server that the whole network can reach, now and at every boot. Nobody asked for
# that here: the program is all that is wanted.
keep_sshd_down() { # keep_sshd_down before|after
	[ -d /run/systemd/system ] || return 0
	if [ "$1" = before ]; then
		systemctl --quiet mask ssh.service ssh.socket
	else
		systemctl --quiet unmask ssh.service ssh.socket
		systemctl --quiet disable ssh.service ssh.socket
	fi
}

install_packages() { # install_packages LOG PACKAGE...
	local log=$1 sshd=false status=0
	shift
	case " $* " in *" openssh-server "*) sshd=true ;; esac
	export DEBIAN_FRONTEND=noninteractive
	{
		! $sshd || keep_sshd_down before
		{
			apt-get -q update &&
				apt-get -q -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
		} || status=$?
		! $sshd || keep_sshd_down after
	} >"$log" 2>&1
	return "$status"
}
