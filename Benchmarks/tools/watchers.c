// Many long polls on one thread: sends the same request on N connections, then a write on one of its own,
// and tells how long it took until the last of the N had read the news of it.
//
//   watchers PORT COUNT
//
// Commands on stdin, one answer line each on stdout:
//   watch FILE          sends FILE's bytes on every connection                 -> sent
//   await MARKER        until every connection has received MARKER             -> done USEC | stalled COUNT
//   write FILE MARKER   sends FILE on the writer's connection, then as `await`;
//                       USEC counts from the send to the last; then to the median -> done USEC USEC | stalled COUNT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 4096, STALL_SECONDS = 10 };

typedef struct {
    int fd;
    int seen;
    int length;
    char bytes[KEPT]; // the newest of what came
} Watcher;

static int epoll;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int connected(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int receive(Watcher *w, const char *marker) {
    for (;;) {
        if (w->length == KEPT) { // a marker may lie across the cut
            memmove(w->bytes, w->bytes + KEPT / 2, KEPT / 2);
            w->length = KEPT / 2;
        }
        ssize_t n = recv(w->fd, w->bytes + w->length, KEPT - w->length, 0);
        if (n < 0 && errno == EAGAIN) return 0;
        if (n <= 0) {
            fprintf(stderr, "connection ended after: %.*s\n", w->length, w->bytes);
            exit(1);
        }
        w->length += n;
        if (!w->seen && memmem(w->bytes, w->length, marker, strlen(marker))) return w->seen = 1;
    }
}

static void forget(Watcher *all, int count) {
    for (int i = 0; i < count; i++) all[i].seen = all[i].length = 0;
}

static void await(int count, const char *marker, double start) {
    static struct epoll_event events[1024];
    double median = 0;
    int seen = 0;
    while (seen < count) {
        int n = epoll_wait(epoll, events, 1024, STALL_SECONDS * 1000);
        if (n == 0) {
            printf("stalled %d\n", count - seen);
            return;
        }
        for (int i = 0; i < n; i++) {
            Watcher *w = events[i].data.ptr;
            if (!w) continue;
            seen += receive(w, marker);
            if (!median && seen > count / 2) median = now() - start;
        }
    }
    printf("done %.0f %.0f\n", (now() - start) * 1e6, median * 1e6);
}

static size_t load(const char *path, char *bytes, size_t max) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    size_t n = fread(bytes, 1, max, file);
    fclose(file);
    return n;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    epoll = epoll_create1(0);
    Watcher *all = calloc(count, sizeof *all);
    for (int i = 0; i < count; i++) {
        all[i].fd = connected(port);
        struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.ptr = &all[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &e);
    }
    int writer = connected(port);
    static char line[4096], file[2048], marker[1024], bytes[1 << 16];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("connected");
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "watch %2047s", file) == 1) {
            size_t n = load(file, bytes, sizeof bytes);
            forget(all, count);
            for (int i = 0; i < count; i++)
                if (send(all[i].fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send");
            puts("sent");
        } else if (sscanf(line, "await %1023s", marker) == 1) {
            await(count, marker, now());
        } else if (sscanf(line, "write %2047s %1023s", file, marker) == 2) {
            size_t n = load(file, bytes, sizeof bytes);
            char old[4096];
            while (recv(writer, old, sizeof old, 0) > 0) {} // the answer to the write before
            forget(all, count);
            double start = now();
            if (send(writer, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send");
            await(count, marker, start);
        }
    }
}
