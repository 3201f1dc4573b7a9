/* SPDX-License-Identifier: MIT */
/*
 * roundtrip_systemd [UNITS [SEED]]: hostile arguments, environment values, descriptions and folders of the
 * sandbox through our renderer and systemd's own parser (systemd --test --user, which prints what it
 * understood), byte for byte.
 *
 * What systemd prints: "Command Line: " has each word as it is after the unit was read, quoted with C escapes
 * (quote_command_line()); "$" is looked at later, when a command starts, so that step stands here as a model.
 * "Environment: " has the bytes as they are. Nothing is shortened. One unit of each run holds known cases,
 * which show that we read this output rightly; others are quoted wrongly, and must be found.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "model/config.h"
#include "model/value.h"
#include "systemd/quote.h"

#define SYSTEMD "/lib/systemd/systemd"

enum { SKIPPED = 77, NOBODY = 65534, ARGUMENTS = 32, VARIABLES = 16, OUTPUT_MAX = 256 * 1024 * 1024 };

/* Whatever systemd reads as more than itself, and what it does not like. */
static const char *const fragments[] = {
	"", " ", "  ", "\t", "\n", "\r", "\"", "'", "`", "\\", "\\\\", "\\n", "\\x41", "\\\"",
	"\\q", "\\;", "%", "%%", "%h", "%Z", "%i", "%n", "100%", "% ", "$", "$$", "$$$", "$X",
	"${X}", "$HOME", "${HOME}", "$(id)", "${", "$ ", "\"$X\"", "$'a'", ";", " ; ", ";;", "#",
	"# x", "=", "==", "[", "]", "[Service]", "-", "@", ":", "+", "!", "!!", "|", "-@:+!", "--",
	"-o", "~", "~/x", "*", "?", "{a,b}", "&", "&&", "<", ">", "(", ")", "\x01", "\x07", "\b",
	"\x0b", "\f", "\x1b[31m", "\x1f", "\x7f", "\xc3\xa9", "e\xcc\x81", "\xe2\x82\xac",
	"\xe2\x80\xae", "\xef\xbb\xbf", "\xe2\x80\xa8", "\xc2\xa0", "\xc2\x80", "\xc2\x9b",
	"\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbd", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "a",
	"home", "A=1", "/bin/sh", ",",
	/* noncharacters: U+FFFE U+FFFF U+FDD0 U+FDEF U+1FFFE U+10FFFF */
	"\xef\xbf\xbe", "\xef\xbf\xbf", "\xef\xb7\x90", "\xef\xb7\xaf", "\xf0\x9f\xbf\xbe",
	"\xf4\x8f\xbf\xbf",
	/* no UTF-8: stray, cut, overlong, surrogate, beyond U+10FFFF */
	"\x80", "\xff", "\xfe", "\xc3", "\xe2\x82", "\xf0\x9f", "\xc0\x80", "\xc1\xbf",
	"\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
};

/* As written by hand in the words of systemd.syntax(7) and systemd.service(5), and what that means. */
static const struct { const char *written, *meant; } known[] = {
	{ "\"\"", "" }, { "a", "a" }, { "\"b c\"", "b c" }, { "\"\\\"\"", "\"" }, { "\"'\"", "'" },
	{ "\"\\\\\"", "\\" }, { "%%h", "%h" }, { "$$X", "$X" }, { "a$X", "a$X" }, { "\";\"", ";" },
	{ "\\;", ";" }, { "\"\\n\\t\\x01\\x7f\\x1b\\a\\b\\v\\f\\r\"", "\n\t\x01\x7f\x1b\a\b\v\f\r" },
	{ "\"\\xc3\\xa9\"", "\xc3\xa9" }, { "\xc3\xa9", "\xc3\xa9" }, { "\"\\xff\\xfe\"", "\xff\xfe" },
	{ "\"\\xef\\xbf\\xbe\"", "\xef\xbf\xbe" }, { "\"`\"", "`" }, { "\"#\"", "#" }, { "\"*?[]\"", "*?[]" },
	{ "\"\\377\"", "\377" }, { "\"$${Y}\"", "${Y}" }, { "'a\"b'", "a\"b" },
};

/* What somebody might write who forgot a rule, and what they wanted to say. */
static const struct { const char *written, *meant; bool variable; } broken[] = {
	{ "\"%h\"", "%h", false },        /* a specifier in quotes */
	{ "\"%i\"", "%i", false },
	{ "\"$X\"", "$X", false },        /* a variable in quotes */
	{ "\"a${X}\"", "a${X}", false },
	{ "\"\\n\"", "\\n", false },      /* a backslash in quotes */
	{ "\"\\x41\"", "\\x41", false },
	{ "a b", "a b", false },          /* no quotes */
	{ "; /bin/true", ";", false },    /* a second command */
	{ "'it'", "'it'", false },
	{ "%%%%", "%", false },           /* doubled twice */
	{ "\\ta", "ta", false },
	{ "\"V=$$X\"", "V=$X", true },    /* $ means nothing in Environment= */
	{ "\"V=%h\"", "V=%h", true },
	{ "V=a b", "V=a b", true },
	{ "\"V=\\t\"", "V=\\t", true },
	{ "\"V=\xff\"", "V=\xff", true }, /* dropped in silence */
};

/* One unit, and what it means. */
struct sample {
	char name[32];
	struct strv argv, environment;
	char *description, *folder; /* NULL: not compared; folder: what the sandbox lets in */
};

static uint64_t seed = 1;
static char folder[64];
static struct {
	unsigned long words, values, refused, descriptions, folders, wrong;
} count;

static void die(const char *what)
{
	(void)fprintf(stderr, "roundtrip.systemd: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* xorshift64: the same texts for the same seed on every machine. */
static unsigned pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 16) % n);
}

static void put_hostile(struct buf *ret)
{
	unsigned n;

	switch (pick(8)) {
	case 0: /* each fragment alone has its turn */
		buf_puts(ret, fragments[pick(ARRAY_LEN(fragments))]);
		break;
	case 1: /* any bytes */
		for (n = 1 + pick(40); n; n--)
			buf_putc(ret, (char)(1 + pick(255)));
		break;
	case 2: /* any printable ones */
		for (n = 1 + pick(40); n; n--)
			buf_putc(ret, (char)(' ' + pick(95)));
		break;
	default:
		for (n = 1 + pick(8); n; n--)
			buf_puts(ret, fragments[pick(ARRAY_LEN(fragments))]);
	}
	if (pick(2000) == 0) {
		AUTO(buf) once = {0};

		buf_puts(&once, buf_str(ret));
		buf_puts(&once, "x");
		while (ret->len < 20000)
			buf_put(ret, once.s, once.len);
	}
}

static void write_unit(const char *name, const struct buf *text)
{
	AUTO(buf) path = {0};
	struct error err = {0};

	buf_printf(&path, "%s/units/%s", folder, name);
	if (file_install(path.s, text, 0644, false, &err) < 0) {
		errno = -err.code;
		die(path.s);
	}
}

static void sample_done(struct sample *s)
{
	strv_done(&s->argv);
	strv_done(&s->environment);
	free(s->description);
	free(s->folder);
}

/* Every byte as an escape: the clearest way there is to say it in Environment=. What is dropped in this form
 * too has no representation at all. */
static void put_escaped(const char *s, struct buf *ret)
{
	buf_puts(ret, "Environment=\"");
	for (; *s; s++)
		buf_printf(ret, *s == '%' ? "%%%%" : "\\x%02x", (unsigned char)*s);
	buf_puts(ret, "\"\n");
}

static char *make_description(void)
{
	for (;;) {
		AUTO(buf) text = {0};
		AUTO(buf) quoted = {0};

		put_hostile(&text);
		if (text.len && !quote_plain(text.s, &quoted))
			return buf_take(&text);
	}
}

/* A folder that an INI may name and that PrivateTmp= hides. */
static char *make_folder_name(void)
{
	for (;;) {
		AUTO(buf) text = {0};

		buf_puts(&text, "/tmp/d");
		for (unsigned n = 1 + pick(6); n; n--)
			buf_puts(&text, fragments[pick(ARRAY_LEN(fragments))]);
		if (!strchr(text.s + 5, '/') && !check_path(text.s) && !text_check(text.s, text.len))
			return buf_take(&text);
	}
}

static void fill_sample(struct sample *s, unsigned number, struct buf *refused)
{
	(void)snprintf(s->name, sizeof(s->name), "u%u", number);
	strv_push(&s->argv, "/bin/true");
	for (unsigned i = 0; i < ARGUMENTS; i++) {
		AUTO(buf) word = {0};

		put_hostile(&word);
		strv_push(&s->argv, buf_str(&word));
		count.words++;
	}
	for (unsigned i = 0; i < VARIABLES; i++) {
		AUTO(buf) assignment = {0};
		AUTO(buf) quoted = {0};

		buf_printf(&assignment, "V%u_%u=", number, i);
		put_hostile(&assignment);
		if (quote_environment(assignment.s, &quoted)) {
			put_escaped(assignment.s, refused);
			count.refused++;
		} else {
			strv_push(&s->environment, assignment.s);
			count.values++;
		}
	}
	s->description = make_description();
	s->folder = make_folder_name();
	count.descriptions++;
	count.folders++;
}

static void render_sample(const struct sample *s)
{
	struct scope scope = { .user = true, .standalone = true, .version = 252 };
	AUTO(tunnel) t = {0};
	AUTO(strv) problems = {0};
	AUTO(strv) notes = {0};
	AUTO(buf) ini = {0};
	AUTO(buf) text = {0};
	AUTO(buf) unit = {0};
	struct error err = {0};

	buf_printf(&ini, "%s/x.ini", folder);
	if (config_load(ini.s, CONFIG_USER, &t, &problems) < 0) {
		(void)fprintf(stderr, "%s\n", problems.v[0]);
		exit(EXIT_FAILURE);
	}
	free(t.name);
	t.name = xstrdup(s->name);
	t.description = xstrdup(s->description);
	strv_push_all(&t.environment, &s->environment);
	strv_pushf(&t.identity_file, "%s/key", s->folder);
	if (backend_find("systemd")->render(&t, &scope, &s->argv, &text, &notes, &err) < 0) {
		(void)fprintf(stderr, "roundtrip.systemd: %s: %s\n", s->name, err.text);
		exit(EXIT_FAILURE);
	}
	buf_printf(&unit, "tunnelctl@%s.service", s->name);
	write_unit(unit.s, &text);
}

static void write_target(unsigned units)
{
	AUTO(buf) text = {0};

	buf_puts(&text, "[Unit]\nWants=known.service refused.service\n");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		buf_printf(&text, "Wants=broken%zu.service\n", i);
	for (unsigned i = 0; i < units; i++)
		buf_printf(&text, "Wants=tunnelctl@u%u.service\n", i);
	write_unit("all.target", &text);
}

static void write_fixed(void)
{
	AUTO(buf) text = {0};

	buf_puts(&text, "[Service]\nExecStart=/bin/true");
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		buf_printf(&text, " %s", known[i].written);
	buf_puts(&text, "\n");
	write_unit("known.service", &text);
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		char name[32];

		buf_clear(&text);
		buf_printf(&text, "[Service]\nExecStart=/bin/true %s\n",
			   broken[i].variable ? "" : broken[i].written);
		if (broken[i].variable)
			buf_printf(&text, "Environment=%s\n", broken[i].written);
		(void)snprintf(name, sizeof(name), "broken%zu.service", i);
		write_unit(name, &text);
	}
}

/* Its manager refuses to be root. */
static void become_ordinary(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(126);
}

static int run_systemd(void)
{
	static char *const argv[] = { SYSTEMD, "--test", "--user", "--unit=all.target", NULL };
	AUTO(buf) out = {0};
	AUTO(buf) errors = {0};
	AUTO(buf) units = {0};
	AUTO(buf) runtime = {0};
	AUTO(buf) home = {0};
	int status;
	pid_t pid;

	buf_printf(&out, "%s/out", folder);
	buf_printf(&errors, "%s/err", folder);
	buf_printf(&units, "SYSTEMD_UNIT_PATH=%s/units:/usr/lib/systemd/user", folder);
	buf_printf(&runtime, "XDG_RUNTIME_DIR=%s/run", folder);
	buf_printf(&home, "HOME=%s/run", folder);
	(void)fflush(NULL);
	if ((pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		char *const env[] = { units.s, runtime.s, home.s, "PATH=/usr/bin:/bin", "LC_ALL=C", NULL };
		int fd = open(out.s, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		int fd2 = open(errors.s, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || fd2 < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd2, STDERR_FILENO) < 0)
			_exit(126);
		become_ordinary();
		(void)alarm(120);
		(void)execve(SYSTEMD, argv, env);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

static void read_result(const char *name, struct buf *ret)
{
	AUTO(buf) path = {0};
	struct error err = {0};

	buf_printf(&path, "%s/%s", folder, name);
	if (file_read(path.s, OUTPUT_MAX, ret, NULL, &err) < 0) {
		errno = -err.code;
		die(path.s);
	}
}

/* The part of the output that is about UNIT, or NULL. */
static char *find_block(const struct buf *out, const char *unit)
{
	AUTO(buf) head = {0};
	const char *start, *end;

	buf_printf(&head, "\n\t-> Unit %s:\n", unit);
	if (!(start = memmem(out->s, out->len, head.s, head.len)))
		return NULL;
	start += head.len - 1;
	end = strstr(start, "\n\t-> Unit ");
	return xstrndup(start, end ? (size_t)(end - start) + 1 : strlen(start));
}

/* One escape of cescape_char() or of the shell; *s stands behind the backslash. */
static char unescape(const char **s)
{
	static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
	const char *p = strchr(letters, **s);
	unsigned value = 0;

	if (p && *p) {
		(*s)++;
		return meant[p - letters];
	}
	if (**s < '0' || **s > '7')
		return *(*s)++;
	for (int i = 0; i < 3 && **s >= '0' && **s <= '7'; i++)
		value = value * 8 + (unsigned)(*(*s)++ - '0');
	return (char)value;
}

/* Reads the words behind "Command Line: " up to the end of the line. */
static void split_command(const char *s, struct strv *ret)
{
	while (*s && *s != '\n') {
		AUTO(buf) word = {0};
		bool quoted = *s == '"';

		s += quoted;
		while (*s && (quoted ? *s != '"' : *s != ' ' && *s != '\n')) {
			if (*s == '\\') {
				s++;
				buf_putc(&word, unescape(&s));
			} else {
				buf_putc(&word, *s++);
			}
		}
		s += quoted && *s;
		s += *s == ' ';
		strv_push_take(ret, buf_take(&word));
	}
}

/* What systemd makes of "$" when it starts a command (env-util.c, replace_env_argv()); false: it would put a
 * variable in. */
static bool expand(const char *s, struct buf *ret)
{
	if (s[0] == '$' && s[1] != '$' && s[1] != '{')
		return false;
	for (; *s; s++) {
		buf_putc(ret, *s);
		if (s[0] == '$' && s[1] == '{')
			return false;
		s += s[0] == '$' && s[1] == '$';
	}
	return true;
}

static void explain(struct buf *why, const char *what, const char *wanted, const char *found)
{
	buf_printf(why, "%s: wanted ", what);
	for (; *wanted; wanted++)
		buf_printf(why, (unsigned char)(*wanted - ' ') < 95 ? "%c" : "\\x%02x",
			   (unsigned char)*wanted);
	buf_puts(why, ", systemd understood ");
	for (; *found; found++)
		buf_printf(why, (unsigned char)(*found - ' ') < 95 ? "%c" : "\\x%02x", (unsigned char)*found);
}

static void compare_argv(const struct strv *argv, const char *block, struct buf *why)
{
	static const char head[] = "\t\t\tCommand Line: ";
	const char *line = strstr(block, head);
	AUTO(strv) words = {0};

	if (!line) {
		buf_puts(why, "no command");
		return;
	}
	line += sizeof(head) - 1;
	if (strstr(line, head)) {
		buf_puts(why, "more than one command");
		return;
	}
	split_command(line, &words);
	for (size_t i = 0; i < words.len && i < argv->len; i++) {
		AUTO(buf) word = {0};
		bool good = i == 0 || expand(words.v[i], &word);

		if (!good || strcmp(i == 0 ? words.v[i] : buf_str(&word), argv->v[i]) != 0) {
			explain(why, "argument", argv->v[i], words.v[i]);
			return;
		}
	}
	if (words.len != argv->len)
		buf_printf(why, "%zu arguments instead of %zu", words.len, argv->len);
}

/* Values may hold newlines, so the lines are compared as one text. */
static void compare_environment(const struct strv *environment, const char *block, struct buf *why)
{
	static const char head[] = "\n\t\tEnvironment: ";
	const char *s = strstr(block, head);

	for (size_t i = 0; i < environment->len; i++) {
		size_t len = strlen(environment->v[i]);

		if (!s || strncmp(s, head, sizeof(head) - 1) != 0 ||
		    strncmp(s + sizeof(head) - 1, environment->v[i], len) != 0 ||
		    s[sizeof(head) - 1 + len] != '\n') {
			AUTO_FREE char *found =
				xstrndup(s ? s + sizeof(head) - 1 : "", s ? strcspn(s + 1, "\n") : 0);

			explain(why, "variable", environment->v[i], found);
			return;
		}
		s += sizeof(head) - 1 + len;
	}
	if (s && !strncmp(s, head, sizeof(head) - 1))
		buf_puts(why, "more variables than wanted");
}

static void compare(const struct sample *sample, const char *unit, const struct buf *out, struct buf *why)
{
	AUTO_FREE char *block = find_block(out, unit);
	AUTO(buf) line = {0};

	if (!block) {
		buf_puts(why, "not loaded");
		return;
	}
	if (!strstr(block, "\n\t\tUnit Load State: loaded\n"))
		buf_puts(why, "refused as a whole");
	if (!why->len)
		compare_argv(&sample->argv, block, why);
	if (!why->len)
		compare_environment(&sample->environment, block, why);
	if (sample->description)
		buf_printf(&line, "\n\t\tDescription: %s\n", sample->description);
	if (!why->len && sample->description && !strstr(block, line.s))
		explain(why, "description", sample->description, "something else");
	buf_clear(&line);
	if (sample->folder)
		buf_printf(&line, "\n\t\tBindReadOnlyPaths: -%s:%s:", sample->folder, sample->folder);
	if (!why->len && sample->folder && !strstr(block, line.s))
		explain(why, "folder", sample->folder, "something else");
}

static void fail(const char *unit, const char *why)
{
	if (count.wrong++ < 10)
		(void)fprintf(stderr, "%s: %s\n", unit, why);
}

/* Do we read the output rightly? */
static void judge_known(const struct buf *out)
{
	struct sample s = {0};
	AUTO(buf) why = {0};

	strv_push(&s.argv, "/bin/true");
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		strv_push(&s.argv, known[i].meant);
	compare(&s, "known.service", out, &why);
	if (why.len)
		fail("known.service: this systemd prints other than we read", why.s);
	sample_done(&s);
}

/* Would we see it? */
static void judge_broken(const struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct sample s = {0};
		AUTO(buf) why = {0};
		char unit[32];

		(void)snprintf(unit, sizeof(unit), "broken%zu.service", i);
		strv_push(&s.argv, "/bin/true");
		strv_push(broken[i].variable ? &s.environment : &s.argv, broken[i].meant);
		compare(&s, unit, out, &why);
		if (!why.len)
			fail(unit, "quoted wrongly, and not noticed");
		sample_done(&s);
	}
}

/* What we refuse must be impossible in any spelling. */
static void judge_refused(const struct buf *out)
{
	AUTO_FREE char *block = find_block(out, "refused.service");
	const char *s = block ? strstr(block, "\n\t\tEnvironment: ") : NULL;

	if (!block)
		fail("refused.service", "not loaded");
	for (; s; s = strstr(s + 1, "\n\t\tEnvironment: ")) {
		AUTO_FREE char *line = xstrndup(s + 3, strcspn(s + 3, "\n"));
		AUTO(buf) why = {0};

		explain(&why, "a value that systemd can hold was refused", line, "it");
		fail("refused.service", why.s);
	}
}

/* A complaint about one of our units is a failure whatever was understood. */
static void judge_complaints(const struct buf *errors)
{
	AUTO_FREE char *text = xstrndup(buf_str(errors), errors->len);
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n"));)
		if (strstr(line, "tunnelctl@"))
			fail("systemd", line);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *where UNUSED)
{
	return remove(path);
}

static void remove_folder(void)
{
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
	static const char *const names[] = { "units", "run" };
	AUTO(buf) text = {0};
	AUTO(buf) path = {0};

	(void)snprintf(folder, sizeof(folder), "/tmp/tunnelctl-roundtrip-XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755))
		die(folder);
	(void)atexit(remove_folder);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", folder, names[i]);
		if (mkdir(path.s, 0755) || chmod(path.s, i ? 0700 : 0755))
			die(path.s);
	}
	if (geteuid() == 0 && chown(path.s, NOBODY, NOBODY))
		die(path.s);
	buf_puts(&text, "[Tunnel]\nHost = h\n[Service]\n");
	write_unit("../x.ini", &text);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned units = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 400;
	AUTO_FREE struct sample *samples = NULL;
	AUTO(buf) refused = {0};
	AUTO(buf) out = {0};
	AUTO(buf) errors = {0};
	double start = now();
	int status;

	if (access(SYSTEMD, X_OK) != 0) {
		(void)puts("roundtrip.systemd: SKIPPED: there is no " SYSTEMD);
		return SKIPPED;
	}
	if (argc > 2)
		seed = 2 * strtoull(argv[2], NULL, 10) + 1;
	samples = xrealloc(NULL, units * sizeof(*samples));
	memset(samples, 0, units * sizeof(*samples));
	make_folder();
	buf_puts(&refused, "[Service]\nExecStart=/bin/true\n");
	write_fixed();
	for (unsigned i = 0; i < units; i++) {
		fill_sample(&samples[i], i, &refused);
		render_sample(&samples[i]);
	}
	write_unit("refused.service", &refused);
	write_target(units);
	status = run_systemd();
	read_result("out", &out);
	read_result("err", &errors);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !out.len) {
		(void)fprintf(stderr, "roundtrip.systemd: systemd --test ended with %#x:\n%s",
			      (unsigned)status, buf_str(&errors));
		return EXIT_FAILURE;
	}
	judge_known(&out);
	judge_broken(&out);
	judge_refused(&out);
	judge_complaints(&errors);
	for (unsigned i = 0; i < units; i++) {
		AUTO(buf) unit = {0};
		AUTO(buf) why = {0};

		buf_printf(&unit, "tunnelctl@%s.service", samples[i].name);
		compare(&samples[i], unit.s, &out, &why);
		if (why.len)
			fail(unit.s, why.s);
		sample_done(&samples[i]);
	}
	(void)printf("roundtrip.systemd: %lu arguments, %lu variables (%lu more refused, and impossible), "
		     "%lu descriptions, %lu folders "
		     "in %u units, %zu of %zu wrong quotings found, %lu failures, %.1f s, seed %llu\n",
		     count.words, count.values, count.refused, count.descriptions, count.folders, units,
		     ARRAY_LEN(broken),
		     ARRAY_LEN(broken), count.wrong, now() - start,
		     argc > 2 ? strtoull(argv[2], NULL, 10) : 1ULL);
	return count.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
