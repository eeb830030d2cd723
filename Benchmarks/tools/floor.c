// The floor of a fan-out: keeps every connection that sent a GET; on a PUT, sends its body to each of them by a plain
// send() in a row, and only then answers. No disk, no parsing, no headers: nothing can be quicker on this kernel.
//
//   floor        prints its port
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16384 };

int main(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, size) < 0 || listen(listener, 4096) < 0) return 1;
    getsockname(listener, (struct sockaddr *)&at, &size);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);

    int epoll = epoll_create1(0), parked[CONNECTIONS_MAX], count = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    static char bytes[1 << 16];
    const char *answer = "HTTP/1.1 204 No Content\r\n\r\n";
    for (;;) {
        int n = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                fd = accept(listener, NULL, NULL);
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
                continue;
            }
            ssize_t got = recv(fd, bytes, sizeof bytes - 1, 0);
            if (got <= 0) {
                close(fd);
                continue;
            }
            bytes[got] = 0;
            if (bytes[0] == 'G') {
                if (count == CONNECTIONS_MAX) return 1;
                parked[count++] = fd;
                continue;
            }
            char *body = strstr(bytes, "\r\n\r\n");
            if (!body) return 1;
            body += 4;
            for (int j = 0; j < count; j++)
                if (send(parked[j], body, bytes + got - body, MSG_NOSIGNAL) < 0) return 1;
            count = 0;
            send(fd, answer, strlen(answer), MSG_NOSIGNAL);
        }
    }
}
