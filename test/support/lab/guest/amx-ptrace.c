/* Preloaded into linux.uml on CPUs with AMX. Kernels before 6.13 write back 2,696 bytes of a tracee's extended state,
   while such a host wants all of it (11 KB with the tile registers) and fails with EFAULT. So read the whole state
   first, lay the given part over it, and write the whole. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PTRACE_GETREGSET 0x4204
#define PTRACE_SETREGSET 0x4205
#define NT_X86_XSTATE 0x202

/* Static: the stacks of User Mode Linux are small. It has one thread that calls ptrace. */
static char whole[32768];

long ptrace(int request, ...) {
  va_list arguments;
  va_start(arguments, request);
  int pid = va_arg(arguments, int);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);
  if (request == PTRACE_SETREGSET && (unsigned long)address == NT_X86_XSTATE) {
    struct iovec *given = data;
    struct iovec state = {whole, sizeof whole};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, address, &state) == 0 && state.iov_len > given->iov_len) {
      memcpy(whole, given->iov_base, given->iov_len);
      return syscall(SYS_ptrace, request, pid, address, &state);
    }
  }
  /* The C library returns a peeked word where the raw call stores it. */
  if (request >= 1 && request <= 3) {
    long word = 0;
    long result = syscall(SYS_ptrace, request, pid, address, &word);
    return result < 0 ? result : word;
  }
  return syscall(SYS_ptrace, request, pid, address, data);
}
