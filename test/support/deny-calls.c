/* deny-calls ERRNO CALL,... COMMAND...: runs a command for which these system calls fail with ERRNO, as under an old kernel (ENOSYS)
   or in a container (EPERM). CALL is one of the names below. */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  const char* name;
  unsigned int number;
} calls[] = {{"accept4", SYS_accept4}, {"pidfd_open", 434}, {"clone3", 435}, {"close_range", 436}, {"epoll_pwait2", 441}};

static unsigned int number_of(const char* name) {
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); ++i) {
    if (strcmp(calls[i].name, name) == 0) return calls[i].number;
  }
  fprintf(stderr, "deny-calls: unknown call %s\n", name);
  exit(2);
}

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const unsigned int error = strcmp(arguments[1], "EPERM") == 0 ? EPERM : ENOSYS;
  struct sock_filter filter[32];
  unsigned short length = 0;
  filter[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (char* name = strtok(arguments[2], ","); name != NULL && length < 29; name = strtok(NULL, ",")) {
    filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number_of(name), 0, 1);
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }
  filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {length, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("deny-calls: seccomp");
    return 2;
  }
  execvp(arguments[3], arguments + 3);
  perror("deny-calls: exec");
  return 2;
}
