/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include "model/config.h"
#include "model/key.h"
static void t1(void **state)
{
	AUTO(tunnel) t = {0}; AUTO(strv) p = {0}; (void)state;
	int r = config_load(SOURCE_DIR "/units/phone-home.ini", CONFIG_SYSTEM, &t, &p);
	for (size_t i = 0; i < p.len; i++) printf("%s\n", p.v[i]);
	assert_int_equal(r, 0);
	for (size_t i = 0; i < KEY_COUNT; i++) { AUTO(strv) v = {0}; key_values(&keys[i], &t, &v); for (size_t j = 0; j < v.len; j++) printf("%s = %s\n", keys[i].name, v.v[j]); }
}
int main(void) { const struct CMUnitTest tests[] = { cmocka_unit_test(t1) }; return cmocka_run_group_tests(tests, NULL, NULL); }
