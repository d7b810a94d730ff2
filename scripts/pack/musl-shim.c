/*
 * What Debian's libstdc++ and libgcc need and musl lacks, so that scripts/pack/musl-node.mjs can run a Node for musl on a system with glibc.
 * It is loaded under the name of glibc's dynamic linker, which these libraries name as a dependency.
 */

#define _GNU_SOURCE
#include <locale.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;
unsigned __cpu_model[4];

int __cpu_indicator_init(void) { return 0; }

unsigned arc4random(void) {
  unsigned value;
  getrandom(&value, sizeof value, 0);
  return value;
}

size_t __strftime_l(char *out, size_t size, const char *format, const struct tm *time, locale_t locale) {
  return strftime_l(out, size, format, time, locale);
}

/* Destructors of thread-local objects do not run: the programs of the check end soon. */
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *library) { return 0; }

/* "Not found": libgcc then searches as it does on systems without this call. */
int _dl_find_object(void *address, void *result) { return -1; }

/* std::string::_M_replace_cold, since GCC 13: replaces n1 bytes at p by n2 bytes at s, which may overlap, before `rest` bytes. */
void _ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm(void *self, char *p, size_t n1, const char *s,
                                                                                      size_t n2, size_t rest) {
  if (n2 != 0 && n2 <= n1) memmove(p, s, n2);
  if (rest != 0 && n1 != n2) memmove(p + n2, p + n1, rest);
  if (n2 <= n1) return;
  if (s + n2 <= p + n1) {
    memmove(p, s, n2);
  } else if (s >= p + n1) {
    memcpy(p, s + (n2 - n1), n2);
  } else {
    size_t left = p + n1 - s;
    memmove(p, s, left);
    memcpy(p + left, p + n2, n2 - left);
  }
}
