// Prints each address that the C library finds for a name, as `getent ahosts` does with glibc: for a pod to run that is
// linked to another C library.

#include <netdb.h>
#include <stdio.h>

int main(int count, char **words) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int error = count == 2 ? getaddrinfo(words[1], NULL, &hints, &found) : EAI_NONAME;
  if (error) return fprintf(stderr, "%s\n", gai_strerror(error)), 2;
  for (char text[64]; found; found = found->ai_next)
    if (!getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST)) puts(text);
}
