/* SPDX-License-Identifier: MIT */
/* One tunnel: what NAME.ini says, typed, checked and complete. keys.def makes the fields. */
#ifndef TUNNELCTL_MODEL_TUNNEL_H
#define TUNNELCTL_MODEL_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strv.h"
#include "model/forward.h"

enum section_id {
#define SECTION(id, name, open, doc) SECTION_##id,
#define KEY(type, field, ...)
#include "model/keys.def"
	SECTION_COUNT
};

enum key_id {
#define SECTION(id, name, open, doc)
#define KEY(type, field, ...) KEY_##field,
#include "model/keys.def"
	KEY_COUNT
};

/* Values of the WORD keys, in the order of .words; 0 is "not given". */
enum address_family { ADDRESS_FAMILY_ANY = 1, ADDRESS_FAMILY_INET, ADDRESS_FAMILY_INET6 };
enum start { START_BOOT = 1, START_LOGIN, START_MANUAL };
enum restart { RESTART_ALWAYS = 1, RESTART_ON_FAILURE, RESTART_NEVER };
enum sandbox { SANDBOX_STRICT = 1, SANDBOX_OFF };
enum probe { PROBE_IS_AUTO = 1, PROBE_IS_BANNER, PROBE_IS_OPEN, PROBE_IS_NONE };
enum remote_port_busy { REMOTE_PORT_BUSY_WAIT = 1, REMOTE_PORT_BUSY_RECLAIM };
enum tunnel_kind { TUNNEL_POINT_TO_POINT = 1, TUNNEL_ETHERNET };

/* One accepted line: where a value comes from. In an open section ([SSH], [launchd] ...) key is NULL
 * and this is all there is to it; else the typed field holds the same value. */
struct setting {
	enum section_id section;
	const struct key *key;
	char *name;     /* as written, for an open section; NULL otherwise */
	char *value;
	unsigned file;  /* index into tunnel.files */
	unsigned line;  /* from 1 */
};

#define FIELD_STR(field) char *field;
#define FIELD_PATH(field) char *field;
#define FIELD_WORD(field) unsigned field;
#define FIELD_BOOL(field) bool field;
#define FIELD_UINT(field) unsigned field;
#define FIELD_SECS(field) unsigned field;
#define FIELD_LIST(field) struct strv field;
#define FIELD_PATHS(field) struct strv field;
#define FIELD_FWD(field) struct forwards field;

/* Strings are NULL and lists empty where nothing was given and no default exists.
 * Owns all it points to; all-zero is the valid empty tunnel. */
struct tunnel {
	char *name;
#define SECTION(id, sect, open, doc)
#define KEY(type, field, ...) FIELD_##type(field)
#include "model/keys.def"
	struct strv files; /* the files read, as they were named: defaults.conf, NAME.ini, drop-ins */
	struct setting *settings;
	size_t settings_len;
};

/* The next accepted line of a section behind PREVIOUS (NULL: from the start), or NULL. */
const struct setting *tunnel_next(const struct tunnel *, enum section_id,
				  const struct setting *previous);

/* The last accepted line of a key, or NULL where its default holds. */
const struct setting *tunnel_origin(const struct tunnel *, const struct key *);

/* All the settings in effect as one number: two tunnels with the same one behave alike. Never 0. */
uint64_t tunnel_print(const struct tunnel *);

/* Appends a value as messages show it: cut when it is long, without the password of a URL. */
void value_print(const char *value, struct buf *ret);

/* Appends "home.ini:4: Name = value: ", with which every error about a line begins. */
void setting_print(const struct tunnel *, const struct setting *, struct buf *ret);

/* The error about a line (NULL: about none in particular); returns -EINVAL. */
int setting_refuse(const struct tunnel *, const struct setting *, struct error *, const char *format, ...) PRINTF(4, 5);

void tunnel_done(struct tunnel *);

#endif
