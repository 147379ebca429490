/*
 * Preloaded into pcscd: the virtual reader writes a command in two parts, of which TCP holds back the second until the
 * first is acknowledged, 40 ms later. Sockets that it accepts send at once instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

int accept(int listening, struct sockaddr *address, socklen_t *length) {
  int (*next)(int, struct sockaddr *, socklen_t *) = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");
  int yes = 1;
  int accepted = next(listening, address, length);
  if (accepted >= 0) setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return accepted;
}
