#include "process-cost.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fail.h"

int64_t process_cpu_ns(pid_t process) {
  clockid_t cpu_clock;
  struct timespec time;
  /* The process may exit between the two calls; both report it. */
  const int error = clock_getcpuclockid(process, &cpu_clock);
  if (error == ESRCH) fail("process %d has exited", process);
  if (error != 0) fail("the CPU clock of process %d: %s", process, strerror(error));
  if (clock_gettime(cpu_clock, &time) < 0) fail("process %d has exited", process);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int64_t process_rss_bytes(pid_t process) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", process);
  FILE *status = fopen(path, "r");
  if (status == NULL) fail("process %d has exited", process);
  /* statm is not used because its values are off by some pages for each thread. */
  char line[256];
  long long kibibytes = -1;
  while (fgets(line, sizeof line, status) != NULL && sscanf(line, "VmRSS: %lld kB", &kibibytes) != 1) continue;
  fclose(status);
  if (kibibytes < 0) fail("process %d has exited", process);
  return kibibytes * 1024;
}
