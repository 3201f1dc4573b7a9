/* SPDX-License-Identifier: MIT */
/*
 * What a supervisor must be able to do for tunnelctl: one struct of functions a backend, one line in backends.def.
 * The cli knows supervisors by this alone.
 */
#ifndef TUNNELCTL_BACKENDS_BACKEND_H
#define TUNNELCTL_BACKENDS_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "model/scope.h"
#include "model/tunnel.h"

/* What is assumed of a machine that we generate for, where the command line does not say otherwise. */
struct target {
	const char *runner;     /* absolute path of tunnelctl-run */
	const char *ini_folder; /* of the system's INI files */
	unsigned ssh;           /* oldest ssh release to expect, VERSION(major, minor): for --standalone */
	unsigned version;       /* of the supervisor, see struct scope */
};

/* What a supervisor knows about one tunnel's unit. */
struct unit_state {
	bool loaded;              /* the supervisor knows the unit */
	bool enabled;             /* it starts by itself */
	bool active;              /* the supervisor keeps it going: it runs, or is about to be started again */
	bool running;             /* there is a process */
	bool stale;               /* the supervisor has not read the unit since its file changed */
	long pid;                 /* of that process, 0: none */
	unsigned long long since; /* when it came into this state, microseconds since 1970; 0: unknown */
	unsigned restarts;        /* how often the supervisor started it again */
	char state[32];           /* the supervisor's own word */
	char text[640];           /* what the tunnel said of itself, or "" */
};

/*
 * Talking to a running supervisor. Names are names of tunnels. Each call takes all names at once and waits until
 * the supervisor has done it, never without bound. Where single tunnels fail, each is a line in ret_problems, the
 * others are done all the same, and the errno of one that failed is returned. A line without a failure is a note.
 */
struct supervisor; /* a connection; each backend defines its own */

struct control {
	/* FOR_CHANGES: not only to query. */
	int (*open)(const struct scope *, bool for_changes, struct supervisor **ret, struct error *);
	void (*close)(struct supervisor *); /* takes NULL */

	/* Read the units anew after files have changed. */
	int (*reload)(struct supervisor *, struct error *);

	/* Whether the units start by themselves. 1 = changed, 0 = was so. Units come and go as files: enable after
	 * they are written, disable before they are removed; disable also makes the supervisor forget past failures. */
	int (*enable)(struct supervisor *, const struct strv *names, struct error *);
	int (*disable)(struct supervisor *, const struct strv *names, struct error *);

	/* Lets the user's units run with nobody logged in. 1 = changed, 0 = was so. NULL: no such thing. */
	int (*linger)(struct supervisor *, struct error *);

	int (*start)(struct supervisor *, const struct strv *names, struct strv *ret_problems);
	int (*stop)(struct supervisor *, const struct strv *names, struct strv *ret_problems);
	int (*restart)(struct supervisor *, const struct strv *names, struct strv *ret_problems);

	/* Fills ret[0 .. names->len - 1]. */
	int (*query)(struct supervisor *, const struct strv *names, struct unit_state *ret, struct error *);
};

/* Which part of a log. */
struct log_wish {
	unsigned lines;       /* the last so many; 0: all */
	bool follow;          /* and what is still to come */
	const char *since;    /* "YYYY-MM-DD HH:MM:SS" of this machine's clock, or NULL: from the beginning */
	long long since_time; /* the same in seconds since 1970; 0: from the beginning */
};

/* Who reads a log. Both functions return whether more is wanted. */
struct log_reader {
	/* One line: microseconds since 1970, and bytes as somebody else wrote them, without a newline. */
	bool (*take)(struct log_reader *, unsigned long long time, const char *text, size_t len);
	/* There are no more now, and it may be long until there are. */
	bool (*rest)(struct log_reader *);
	int gone; /* hung up (poll(2)) when nobody reads any more; -1: never */
};

struct foreign; /* foreign.h */

struct backend {
	const char *name;             /* of its folder, and the word for --backend */
	const struct target *target;
	const char *const *becomes;   /* [KEY_COUNT]: what each key turns into, for `explain`; NULL: nothing */

	/* Is this the supervisor of this host? */
	bool (*present)(void);

	/* Its release, for struct scope: of this host's (-errno: it does not say), and of a person's word for one (-EINVAL).
	 * NULL where releases make no difference. */
	int (*host_version)(unsigned *ret, struct error *);
	int (*parse_version)(const char *text, unsigned *ret, struct error *);

	/* Appends the absolute path of the unit. Uses the tunnel's name and Start alone. */
	int (*path)(const struct tunnel *, const struct scope *, struct buf *ret, struct error *);

	/* Appends every path where a unit of the tunnel NAME may lie, whatever its Start is or was; path() gives one of
	 * them. NULL: path() does not look at Start. */
	int (*places)(const char *name, const struct scope *, struct strv *ret, struct error *);

	/* Appends the names of the tunnels whose units are installed in the scope, ours or not. */
	int (*installed)(const struct scope *, struct strv *ret, struct error *);

	/*
	 * Appends the bytes of the unit that runs ARGV. Pure: the same bytes for the same arguments on every machine;
	 * it reads no file, clock, environment or passwd. What this supervisor cannot express is a line in ret_notes,
	 * by the key's name ("LimitNOFILE: ..."); what would change the account that ssh runs as, or has no exact
	 * representation, is -EINVAL, with file:line where a line is to blame (setting_print()).
	 */
	int (*render)(const struct tunnel *, const struct scope *, const struct strv *argv, struct buf *ret,
		      struct strv *ret_notes, struct error *);

	/* Judges a finished unit on any host: every problem is a line, "LINE: what" or "what". Returns 0 or -EINVAL. */
	int (*check)(const char *text, size_t len, struct strv *ret_problems);

	/* The same for a supervisor of the scope's version. NULL: releases make no difference. */
	int (*check_for)(const struct scope *, const char *text, size_t len, struct strv *ret_problems);

	/* The supervisor's own checker, where this host has one, of a unit whose file is called NAME (a name alone).
	 * 1: it finds nothing wrong; 0: there is none, or it could not judge, and why is a line in ret_notes; -EINVAL:
	 * problems as those of check(). Writes into a temporary folder only; ends within half a minute. NULL: no such
	 * checker. */
	int (*verify)(const char *name, const char *text, size_t len, struct strv *ret_problems,
		      struct strv *ret_notes);

	/* Judges the file at PATH that holds TEXT, where the supervisor is choosy about files: owner, mode, name. Problems
	 * as those of check(). NULL: it is not. */
	int (*check_file)(const char *path, const char *text, size_t len, struct strv *ret_problems);

	/* Judges the file at PATH if it is one that changes a unit and is none itself, for the scope's version (0: the
	 * newest). 1: is no such file; else as check(). NULL: there are none. */
	int (*check_beside)(const struct scope *, const char *path, const char *text, size_t len,
			    struct strv *ret_problems);

	/* What the supervisor would take and a tunnel may yet suffer from, in the file at PATH and in the TEXT that it
	 * holds: lines as those of check(), and no reason to refuse it. NULL: nothing to say. */
	void (*advise)(const char *path, const char *text, size_t len, struct strv *ret_advice);

	/* What somebody's own unit says, for `import`. -EINVAL with problems as those of check(). NULL: cannot. */
	int (*import)(const char *text, size_t len, struct foreign *ret, struct strv *ret_problems);

	/* Hands over what the supervisor keeps of the tunnel's words, with their times. With follow it returns only when
	 * no more is wanted. -EACCES: this account may not read them; -ENOTSUP: this build cannot; both with the way
	 * out. NULL: it keeps none, or a file of lines without times. */
	int (*read_log)(const char *name, const struct scope *, const struct log_wish *, struct log_reader *,
			struct error *);

	/* Appends the path of the file in which the supervisor keeps the tunnel's words, without times. NULL, or nothing
	 * is appended: the supervisor keeps none of this tunnel, tunnelctl-run does. */
	void (*log_path)(const char *name, const struct scope *, struct buf *ret);

	const struct control *control; /* NULL where this build cannot talk to the supervisor */
};

extern const struct backend *const backends[]; /* ends with NULL */

/* By name, or NULL. */
const struct backend *backend_find(const char *name);

/* Judges a unit for the scope's version by whichever of check_for() and check() there is. */
int backend_check(const struct backend *, const struct scope *, const char *text, size_t len,
		  struct strv *ret_problems);

/* The supervisor of this host, or NULL. */
const struct backend *backend_present(void);

#endif
