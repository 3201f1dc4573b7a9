/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/file.h"
#include "folder.h"
#include "model/config.h"
#include "model/key.h"

#define GOOD "[Tunnel]\nHost = server\n[Service]\nRunAs = me\n"

/* Loads x.ini of the folder in system scope; the folder's path is cut from the problems. */
static int load(const struct folder *f, struct tunnel *ret, struct buf *ret_problems)
{
	AUTO(buf) path = {0};
	AUTO(strv) problems = {0};
	int r = config_load(folder_at(f, "x.ini", &path), CONFIG_SYSTEM, ret, &problems);

	for (size_t i = 0; i < problems.len; i++) {
		size_t skip = strlen(f->path) + 1;

		assert_memory_equal(problems.v[i], f->path, skip - 1);
		buf_printf(ret_problems, "%s\n", problems.v[i] + skip);
	}
	return r;
}

static void values(enum key_id id, const struct tunnel *t, struct buf *ret)
{
	AUTO(strv) all = {0};

	key_values(&keys[id], t, &all);
	for (size_t i = 0; i < all.len; i++)
		buf_printf(ret, "%s%s", i ? "|" : "", all.v[i]);
}

/* "x.ini:4" of the last line that gave the key, "" where its default holds. */
static void origin(enum key_id id, const struct tunnel *t, struct buf *ret)
{
	const struct setting *s = tunnel_origin(t, &keys[id]);

	if (s)
		buf_printf(ret, "%s:%u", path_base(t->files.v[s->file]), s->line);
}

static void later_files_win(void **state UNUSED)
{
	/* What the files say about one key, and what comes out of it. "~": no such file. */
	static const struct {
		const char *defaults, *ini, *b, *a; /* b.conf is read behind a.conf */
		enum key_id id;
		const char *value, *origin;
	} rows[] = {
		{ "~", "", "~", "~", KEY_port, "22", "" },
		{ "~", "Port = 1", "~", "~", KEY_port, "1", "x.ini:6" },
		{ "Port = 1", "", "~", "~", KEY_port, "1", "defaults.conf:2" },
		{ "Port = 1", "Port = 2", "~", "~", KEY_port, "2", "x.ini:6" },
		{ "Port = 1", "Port = 2", "Port = 3", "~", KEY_port, "3", "b.conf:2" },
		{ "Port = 1", "Port = 2", "Port = 3", "Port = 4", KEY_port, "3", "b.conf:2" },
		{ "Port = 1", "Port = 2", "~", "Port = 4", KEY_port, "4", "a.conf:2" },
		{ "Port = 1", "Port =", "~", "~", KEY_port, "22", "" },
		{ "~", "Port = 2", "Port =", "~", KEY_port, "22", "" },
		{ "~", "Port = 2", "~", "Port =\n[Tunnel]", KEY_port, "22", "" },
		{ "Compression = yes", "Compression =", "~", "~", KEY_compression, "no", "" },
		{ "User = me", "User =", "~", "~", KEY_user, "", "" },
		{ "ConfigFile = /a", "ConfigFile =", "~", "~", KEY_config_file, "none", "" },
		{ "IdentityFile = /a", "IdentityFile = /b", "IdentityFile = /d", "IdentityFile = /c",
		  KEY_identity_file, "/a|/b|/c|/d", "b.conf:2" },
		{ "IdentityFile = /a", "IdentityFile =", "~", "~", KEY_identity_file, "", "" },
		{ "IdentityFile = /a", "IdentityFile =\nIdentityFile = /b", "~", "~", KEY_identity_file, "/b",
		  "x.ini:7" },
		{ "IdentityFile = /a", "IdentityFile = /b\nIdentityFile = /c\nIdentityFile = /d", "~",
		  "IdentityFile =",
		  KEY_identity_file, "", "" },
		{ "RemoteForward = 1:h:1", "RemoteForward = 2 h:2", "~", "~", KEY_remote_forward,
		  "1:h:1|2:h:2", "x.ini:6" },
		{ "RemoteForward = 1:h:1", "RemoteForward =", "RemoteForward = 3:h:3", "~",
		  KEY_remote_forward, "3:h:3",
		  "b.conf:2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const texts[] = { rows[i].defaults, rows[i].ini, rows[i].a, rows[i].b };
		static const char *const names[] = { "defaults.conf", "x.ini", "x.ini.d/a.conf",
			"x.ini.d/b.conf" };
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) problems = {0};
		AUTO(tunnel) t = {0};
		AUTO(buf) got = {0};
		AUTO(buf) from = {0};

		folder_make(&f);
		for (size_t n = 0; n < ARRAY_LEN(names); n++) {
			AUTO(buf) text = {0};

			if (*texts[n] == '~')
				continue;
			buf_printf(&text, "%s[Tunnel]\n%s\n", n == 1 ? GOOD : "", texts[n]);
			folder_puts(&f, names[n], text.s);
		}
		if (load(&f, &t, &problems) < 0)
			fail_msg("row %zu: %s", i, problems.s);
		values(rows[i].id, &t, &got);
		origin(rows[i].id, &t, &from);
		assert_string_equal(buf_str(&got), rows[i].value);
		assert_string_equal(buf_str(&from), rows[i].origin);
	}
}

static void drop_ins_are_sorted_and_end_in_conf(void **state UNUSED)
{
	static const char *const names[] = { "20-b.conf", "10-z.conf", "9.conf", "A.conf", "x.conf~",
		"x.conf.bak",
					     "x.ini", ".hidden.conf", "conf", ".conf", "README" };
	static const char *const order[] = { "defaults.conf", "x.ini", "10-z.conf", "20-b.conf", "9.conf",
		"A.conf" };
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) problems = {0};
	AUTO(tunnel) t = {0};

	folder_make(&f);
	folder_puts(&f, "x.ini", GOOD);
	folder_puts(&f, "defaults.conf", "");
	folder_puts(&f, "other.ini", "nonsense");
	folder_puts(&f, "other.ini.d/a.conf", "nonsense");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) name = {0};

		buf_printf(&name, "x.ini.d/%s", names[i]);
		folder_puts(&f, name.s, i < 4 ? "; read\n" : "nonsense");
	}
	if (load(&f, &t, &problems) < 0)
		fail_msg("%s", problems.s);
	assert_string_equal(t.name, "x");
	assert_int_equal(t.files.len, ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(path_base(t.files.v[i]), order[i]);
}

static void problems_name_their_file(void **state UNUSED)
{
	static const struct { const char *defaults, *ini, *drop_in, *problems; } rows[] = {
		{ "Port = 1\n", GOOD, "",
		  "defaults.conf:1: Port: stands before any section; wanted [Tunnel] above it\n" },
		{ "", GOOD, "[Tunnel]\nPort = x\n",
		  "x.ini.d/a.conf:2: Port = x: not a number; wanted 1 to 65535\n" },
		/* All files in one go. */
		{ "[Tunnel]\nPort = x\n", GOOD "a\n", "b\n",
		  "defaults.conf:2: Port = x: not a number; wanted 1 to 65535\n"
		  "x.ini:5: no '=' in the line; wanted Name = value\n"
		  "x.ini.d/a.conf:1: no '=' in the line; wanted Name = value\n" },
		/* Twice in one file is a slip, in two files the purpose. */
		{ "[Tunnel]\nHost = a\n", GOOD, "[Tunnel]\nHost = b\n", "" },
		{ "", GOOD, "[Tunnel]\nHost = a\nHost = b\n",
		  "x.ini.d/a.conf:3: Host = b: given twice, first in line 2\n" },
		{ "[SSH]\nCiphers = a\n", GOOD "[SSH]\nCiphers = b\n", "[SSH]\nCiphers = c\n", "" },
		/* What is missing is missing in NAME.ini, whatever sections the others have. */
		{ "\n\n\n[Tunnel]\n", "\n[Tunnel]\n[Service]\nRunAs = me\n", "\n\n\n\n\n[Tunnel]\n",
		  "x.ini:2: Host: missing; wanted the name or address of the server in [Tunnel]\n" },
		{ "[Service]\nRunAs = me\n", GOOD, "\n\n\n[Service]\nRunAs =\n",
		  "x.ini:3: RunAs: missing; a system tunnel wants the account to run ssh as in [Service] "
		  "(root must be said)\n" },
		/* The two keys that do not go together come from two files. */
		{ "[Tunnel]\nProxyCommand = x\n", GOOD "[Tunnel]\nProxyJump = a\n", "",
		  "defaults.conf:2: ProxyCommand = x: not together with ProxyJump\n" },
		{ "[Tunnel]\nProxyCommand = x\n", GOOD "[Tunnel]\nProxyJump = a\nProxyCommand =\n", "", "" },
		{ "[Tunnel]\nProxyCommand = x\n", "[Tunnel]\nHost = a\nProxyJump = b\n", "",
		  "defaults.conf:2: ProxyCommand = x: not together with ProxyJump\n"
		  "x.ini:1: RunAs: missing; a system tunnel wants the account to run ssh as in [Service] "
		  "(root must be said)\n" },
		/* A refused value is not missing as well; a good one that was taken back is. */
		{ "", "[Tunnel]\nHost = -x\n[Service]\nRunAs = 0\n", "",
		  "x.ini:2: Host = -x: must not begin with '-'\n"
		  "x.ini:4: RunAs = 0: wanted the name of an account or group, not its number\n" },
		{ "[Tunnel]\nHost = a\n", "[Tunnel]\nHost =\n[Service]\nRunAs = me\n", "",
		  "x.ini:1: Host: missing; wanted the name or address of the server in [Tunnel]\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) problems = {0};
		AUTO(tunnel) t = {0};
		int r;

		folder_make(&f);
		folder_puts(&f, "defaults.conf", rows[i].defaults);
		folder_puts(&f, "x.ini", rows[i].ini);
		folder_puts(&f, "x.ini.d/a.conf", rows[i].drop_in);
		r = load(&f, &t, &problems);
		assert_string_equal(buf_str(&problems), rows[i].problems);
		assert_int_equal(r, *rows[i].problems ? -EINVAL : 0);
		if (r < 0) {
			assert_null(t.name);
			assert_int_equal(t.settings_len, 0);
		}
	}
}

static void start_depends_on_scope(void **state UNUSED)
{
	static const struct { const char *start; enum config_scope scope; unsigned want; } rows[] = {
		{ "", CONFIG_SYSTEM, START_BOOT },   { "Start =\n", CONFIG_SYSTEM, START_BOOT },
		{ "Start = boot\n", CONFIG_SYSTEM, START_BOOT }, { "Start = manual\n", CONFIG_SYSTEM,
		  START_MANUAL },
		{ "Start = login\n", CONFIG_SYSTEM, 0 },         { "", CONFIG_USER, START_LOGIN },
		{ "Start =\n", CONFIG_USER, START_LOGIN },       { "Start = boot\n", CONFIG_USER,
		  START_BOOT },
		{ "Start = login\n", CONFIG_USER, START_LOGIN }, { "Start = manual\n", CONFIG_USER,
		  START_MANUAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) text = {0};
		AUTO(buf) path = {0};
		AUTO(strv) problems = {0};
		AUTO(tunnel) t = {0};
		int r;

		folder_make(&f);
		buf_printf(&text, "[Tunnel]\nHost = a\n[Service]\n%s%s", rows[i].start,
			   rows[i].scope == CONFIG_SYSTEM ? "RunAs = me\n" : "");
		folder_puts(&f, "x.ini", text.s);
		r = config_load(folder_at(&f, "x.ini", &path), rows[i].scope, &t, &problems);
		assert_int_equal(r, rows[i].want ? 0 : -EINVAL);
		assert_int_equal(t.start, rows[i].want);
		if (!*rows[i].start)
			assert_null(tunnel_origin(&t, &keys[KEY_start]));
	}
}

/* inih cuts lines at 200 bytes,
	drops what stands behind " ;" and takes ':' for '='; nothing of it may be seen. */
static void values_arrive_whole(void **state UNUSED)
{
	static const struct { const char *line; enum key_id id; const char *value; } rows[] = {
		{ "ProxyCommand = sh -c 'a ; b # c' ; d", KEY_proxy_command, "sh -c 'a ; b # c' ; d" },
		{ "ProxyCommand = ;x", KEY_proxy_command, ";x" },
		{ "ProxyCommand = #x", KEY_proxy_command, "#x" },
		{ "ProxyCommand = a=b==c", KEY_proxy_command, "a=b==c" },
		{ "ProxyCommand=a", KEY_proxy_command, "a" },
		{ "ProxyCommand =\t a \t b \t", KEY_proxy_command, "a \t b" },
		{ "\t  ProxyCommand = a", KEY_proxy_command, "a" },
		{ "ProxyCommand = \"a\"", KEY_proxy_command, "\"a\"" },
		{ "ProxyCommand = a\\", KEY_proxy_command, "a\\" },
		{ "ProxyCommand = [a]", KEY_proxy_command, "[a]" },
		{ "PROXYcommand = a", KEY_proxy_command, "a" },
		{ "Description = 100% of %h and ${HOME} $(id) `id`", KEY_description,
		  "100% of %h and ${HOME} $(id) `id`" },
		{ "RemoteForward = 12345 localhost:22", KEY_remote_forward, "12345:localhost:22" },
	};
	static const size_t lengths[] = { 150, 183, 184, 185, 186, 187, 198, 199, 200, 201, 400, 3000, 8177 };

	for (size_t i = 0; i < ARRAY_LEN(rows) + ARRAY_LEN(lengths); i++) {
		bool is_long = i >= ARRAY_LEN(rows);
		size_t len = is_long ? lengths[i - ARRAY_LEN(rows)] : 0;
		enum key_id id = is_long ? KEY_proxy_command : rows[i].id;
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) problems = {0};
		AUTO(buf) text = {0};
		AUTO(buf) want = {0};
		AUTO(buf) got = {0};
		AUTO(buf) from = {0};
		AUTO(tunnel) t = {0};

		for (size_t n = 0; n < len; n++)
			buf_putc(&want, "Port=1 ; a"[n % 10] == ' ' && (n == 0 || n + 1 == len)
				? 'x' : "Port=1 ; a"[n % 10]);
		if (!is_long)
			buf_puts(&want, rows[i].value);
		buf_printf(&text, GOOD "[Tunnel]\n%s%s\nUser = me\n", is_long
			? "ProxyCommand = " : rows[i].line,
			   is_long ? want.s : "");
		folder_make(&f);
		folder_puts(&f, "x.ini", text.s);
		if (load(&f, &t, &problems) < 0)
			fail_msg("%zu: %s", i, problems.s);
		values(id, &t, &got);
		assert_string_equal(got.s, want.s);
		assert_int_equal(t.port, 22);
		/* The lines are still counted right. */
		origin(KEY_user, &t, &from);
		assert_string_equal(from.s, "x.ini:7");
	}
}

static void long_host_keys_arrive_whole(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) problems = {0};
	AUTO(buf) text = {0};
	AUTO(buf) want = {0};
	AUTO(buf) got = {0};
	AUTO(tunnel) t = {0};

	buf_puts(&want, "server.example.com ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAACAQ");
	for (int i = 0; i < 2900; i++)
		buf_putc(&want,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[i * 7 % 64]);
	buf_puts(&want, "==");
	buf_printf(&text, GOOD "[Tunnel]\nKnownHostKey = %s\n", want.s);
	folder_make(&f);
	folder_puts(&f, "x.ini", text.s);
	assert_int_equal(load(&f, &t, &problems), 0);
	values(KEY_known_host_key, &t, &got);
	assert_string_equal(got.s, want.s);
}

static void lines_may_end_as_they_like(void **state UNUSED)
{
	static const char *const texts[] = {
		"[Tunnel]\nHost = server\nPort = 1\n[Service]\nRunAs = me\n",
		"[Tunnel]\r\nHost = server\r\nPort = 1\r\n[Service]\r\nRunAs = me\r\n",
		"\xef\xbb\xbf[Tunnel]\nHost = server\nPort = 1\n[Service]\nRunAs = me",
		"\xef\xbb\xbf[Tunnel]\r\n  Host = server\n\tPort = 1\r\n [Service] \r\n\t RunAs = me \t",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) problems = {0};
		AUTO(buf) from = {0};
		AUTO(tunnel) t = {0};

		folder_make(&f);
		folder_puts(&f, "x.ini", texts[i]);
		if (load(&f, &t, &problems) < 0)
			fail_msg("%zu: %s", i, problems.s);
		assert_string_equal(t.host, "server");
		assert_string_equal(t.run_as, "me");
		origin(KEY_port, &t, &from);
		assert_string_equal(from.s, "x.ini:3");
	}
}

static void open_sections_keep_every_line(void **state UNUSED)
{
	static const struct { enum section_id section; const char *defaults, *ini, *drop_in,
		*want; } rows[] = {
		{ SECTION_systemd_service, "Nice = 5", "Nice = 6\nPrivateTmp = yes", "Nice = 7",
		  "Nice=5@defaults.conf:2 Nice=6@x.ini:6 PrivateTmp=yes@x.ini:7 Nice=7@a.conf:2 " },
		{ SECTION_systemd_service, "Nice = 5", "NICE =\nNice = 6", "", "Nice=6@x.ini:7 " },
		{ SECTION_launchd, "", "A.b = 1\nC = 2", "", "A.b=1@x.ini:6 C=2@x.ini:7 " },
		{ SECTION_ssh, "Ciphers = a", "ciphers = b", "", "ciphers=b@x.ini:6 " },
		{ SECTION_ssh, "Ciphers = a", "Ciphers =", "", "" },
		{ SECTION_ssh, "Ciphers = a", "MACs = m", "Ciphers = c",
		  "MACs=m@x.ini:6 Ciphers=c@a.conf:2 " },
		{ SECTION_ssh, "SendEnv = A", "SendEnv = B\nSendEnv = C", "SendEnv = D",
		  "SendEnv=A@defaults.conf:2 SendEnv=B@x.ini:6 SendEnv=C@x.ini:7 SendEnv=D@a.conf:2 " },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *const texts[] = { rows[i].defaults, rows[i].ini, rows[i].drop_in };
		static const char *const names[] = { "defaults.conf", "x.ini", "x.ini.d/a.conf" };
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		AUTO(buf) problems = {0};
		AUTO(buf) got = {0};
		AUTO(tunnel) t = {0};

		folder_make(&f);
		for (size_t n = 0; n < 3; n++) {
			AUTO(buf) text = {0};

			buf_printf(&text, "%s[%s]\n%s\n", n == 1 ? GOOD : "", sections[rows[i].section].name,
				texts[n]);
			folder_puts(&f, names[n], text.s);
		}
		if (load(&f, &t, &problems) < 0)
			fail_msg("row %zu: %s", i, problems.s);
		for (const struct setting *s = NULL; (s = tunnel_next(&t, rows[i].section, s));) {
			assert_null(s->key);
			buf_printf(&got, "%s=%s@%s:%u ", s->name, s->value, path_base(t.files.v[s->file]),
				s->line);
		}
		assert_string_equal(buf_str(&got), rows[i].want);
	}
}

static void settings_print_where_they_stand(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) problems = {0};
	AUTO(buf) out = {0};
	AUTO(buf) want = {0};
	AUTO(tunnel) t = {0};

	folder_make(&f);
	folder_puts(&f, "x.ini", GOOD "port = 2\n[Tunnel]\nport = 2\n[launchd]\nNice = 5\n");
	assert_int_equal(load(&f, &t, &problems), -EINVAL);
	folder_puts(&f, "x.ini", GOOD "[Tunnel]\nport = 2\n[launchd]\nNice = 5\n");
	assert_int_equal(load(&f, &t, &problems), 0);
	setting_print(&t, tunnel_origin(&t, &keys[KEY_port]), &out);
	setting_print(&t, tunnel_next(&t, SECTION_launchd, NULL), &out);
	buf_printf(&want, "%s/x.ini:6: Port = 2: %s/x.ini:8: Nice = 5: ", f.path, f.path);
	assert_string_equal(out.s, want.s);
	assert_null(tunnel_origin(&t, &keys[KEY_user]));
	assert_null(tunnel_next(&t, SECTION_upstart, NULL));
}

static void drop_ins_that_cannot_be_read(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) problems = {0};
	AUTO(buf) path = {0};
	AUTO(tunnel) t = {0};

	folder_make(&f);
	folder_puts(&f, "x.ini", GOOD);
	folder_puts(&f, "x.ini.d/c.conf", "");
	assert_int_equal(mkdir(folder_at(&f, "x.ini.d/a.conf", &path), 0755), 0);
	assert_int_equal(symlink("nowhere", folder_at(&f, "x.ini.d/b.conf", &path)), 0);
	assert_int_equal(chmod(folder_at(&f, "x.ini.d/c.conf", &path), 0666), 0);
	assert_int_equal(load(&f, &t, &problems), -EINVAL);
	assert_non_null(strstr(problems.s, "x.ini.d/a.conf: is a directory, wanted a file\n"));
	assert_non_null(strstr(problems.s, "x.ini.d/b.conf: no such file; a broken link?\n"));
	assert_non_null(strstr(problems.s, "x.ini.d/c.conf: everybody may write it; "));

	/* A file in place of the folder. */
	buf_clear(&problems);
	folder_puts(&f, "y", "");
	folder_done(&f);
	folder_make(&f);
	folder_puts(&f, "x.ini", GOOD);
	folder_puts(&f, "x.ini.d", "");
	assert_int_equal(load(&f, &t, &problems), -EINVAL);
	assert_string_equal(problems.s, "x.ini.d: Not a directory\n");
}

static void many_lines_are_no_trouble(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};
	AUTO(buf) problems = {0};
	AUTO(buf) text = {0};
	AUTO(tunnel) t = {0};

	buf_puts(&text, GOOD "[Tunnel]\n");
	for (int i = 1; i <= 2000; i++)
		buf_printf(&text, "RemoteForward = %d:localhost:%d\n", i, i);
	folder_make(&f);
	folder_puts(&f, "x.ini", text.s);
	assert_int_equal(load(&f, &t, &problems), 0);
	assert_int_equal(t.remote_forward.len, 2000);
	assert_int_equal(t.remote_forward.v[1999].target.port, 2000);
	assert_int_equal(tunnel_origin(&t, &keys[KEY_remote_forward])->line, 2005);
}

static void a_folder_is_listed_once(void **state UNUSED)
{
	/* What lies beside x.ini, and what of it may not be called absent. */
	static const struct { const char *name; bool defaults, drop_ins; } rows[] = {
		{ "other.ini", true, true },
		{ "defaults.conf", false, true },
		{ "DEFAULTS.conf", false, true }, /* the same file to some file systems */
		{ "defaults.conf~", true, true },
		{ "x.ini.d/a.conf", true, false },
		{ "other.ini.d/a.conf", true, false },
		{ "X.INI.D/a.conf", true, false },
		{ ".ini.d/a.conf", true, false },
		{ "x.d/a.conf", true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__attribute__((cleanup(folder_done))) struct folder f = {0};
		struct config_absent absent = { true, true };
		AUTO(buf) path = {0};
		AUTO(strv) names = {0};
		AUTO(strv) problems = {0};
		AUTO(tunnel) looked = {0};
		AUTO(tunnel) told = {0};

		folder_make(&f);
		config_list(folder_at(&f, "nowhere", &path), &names, &absent);
		assert_int_equal(names.len, 0);
		assert_false(absent.defaults || absent.drop_ins);

		folder_puts(&f, "x.ini", GOOD);
		folder_puts(&f, "a.ini", GOOD);
		folder_puts(&f, "not a name.ini", GOOD);
		folder_puts(&f, rows[i].name, "[Tunnel]\nDescription = more\n");
		config_list(f.path, &names, &absent);
		assert_string_equal(names.v[0], "a");
		assert_string_equal(names.v[names.len - 1], "x");
		assert_int_equal(absent.defaults, rows[i].defaults);
		assert_int_equal(absent.drop_ins, rows[i].drop_ins);

		folder_at(&f, "x.ini", &path);
		assert_int_equal(config_load(path.s, CONFIG_SYSTEM, &looked, &problems), 0);
		assert_int_equal(config_load_known(path.s, CONFIG_SYSTEM, absent, &told, &problems), 0);
		assert_int_equal(told.files.len, looked.files.len);
		for (size_t j = 0; j < told.files.len; j++)
			assert_string_equal(told.files.v[j], looked.files.v[j]);
	}
}

static void what_is_absent_is_not_looked_for(void **state UNUSED)
{
	__attribute__((cleanup(folder_done))) struct folder f = {0};

	folder_make(&f);
	folder_puts(&f, "x.ini", GOOD);
	folder_puts(&f, "defaults.conf", "");
	folder_puts(&f, "x.ini.d/a.conf", "");
	for (unsigned bits = 0; bits < 4; bits++) {
		struct config_absent absent = { .defaults = bits & 1, .drop_ins = bits & 2 };
		AUTO(buf) path = {0};
		AUTO(strv) problems = {0};
		AUTO(tunnel) t = {0};

		folder_at(&f, "x.ini", &path);
		assert_int_equal(config_load_known(path.s, CONFIG_SYSTEM, absent, &t, &problems), 0);
		assert_int_equal(t.files.len, 1 + !absent.defaults + !absent.drop_ins);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_files_win),
		cmocka_unit_test(drop_ins_are_sorted_and_end_in_conf),
		cmocka_unit_test(a_folder_is_listed_once),
		cmocka_unit_test(what_is_absent_is_not_looked_for),
		cmocka_unit_test(problems_name_their_file),
		cmocka_unit_test(start_depends_on_scope),
		cmocka_unit_test(values_arrive_whole),
		cmocka_unit_test(long_host_keys_arrive_whole),
		cmocka_unit_test(lines_may_end_as_they_like),
		cmocka_unit_test(open_sections_keep_every_line),
		cmocka_unit_test(settings_print_where_they_stand),
		cmocka_unit_test(drop_ins_that_cannot_be_read),
		cmocka_unit_test(many_lines_are_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
