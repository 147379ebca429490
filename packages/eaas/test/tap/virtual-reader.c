/*
 * Preloaded into pcscd, for its virtual reader. That one listens on all addresses, where a card from anywhere could be held
 * to it: here, on loopback alone. And it writes a command in two parts, of which TCP holds back the second until the first
 * is acknowledged, 40 ms later: sockets that it accepts send at once instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

int bind(int listening, const struct sockaddr *address, socklen_t length) {
  int (*next)(int, const struct sockaddr *, socklen_t) = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  struct sockaddr_in loopback;
  if (address->sa_family != AF_INET || length < sizeof loopback) return next(listening, address, length);
  loopback = *(const struct sockaddr_in *)address;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return next(listening, (const struct sockaddr *)&loopback, sizeof loopback);
}

int accept(int listening, struct sockaddr *address, socklen_t *length) {
  int (*next)(int, struct sockaddr *, socklen_t *) = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");
  int yes = 1;
  int accepted = next(listening, address, length);
  if (accepted >= 0) setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return accepted;
}
