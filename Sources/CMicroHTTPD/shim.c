// pthread_setname_np is GNU's.
#define _GNU_SOURCE
#include "CMicroHTTPD.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>


static void log_line(void *context, const char *format, va_list arguments) {
    const struct cmhd_options *options = context;
    if (options->log == NULL) return;
    char line[512];
    int count = vsnprintf(line, sizeof line, format, arguments);
    if (count < 0) return;
    for (char *end = line + strlen(line); end > line && end[-1] == '\n'; end--) end[-1] = 0;
    options->log(options->context, line);
}

/// Percent-encoding is left as it is: a decoded `%2F` or `%00` could not be told from a real one.
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text) {
    (void)context, (void)connection;
    return strlen(text);
}

struct MHD_Daemon *cmhd_start(const struct cmhd_options *options) {
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[5] = {{MHD_OPTION_END, 0, NULL}};
    if (options->certificate != NULL) {
        int count = 0;
        flags |= MHD_USE_TLS;
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate};
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->key};
        tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)options->priorities};
        if (options->client_authorities != NULL)
            tls[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)options->client_authorities};
        tls[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    }
    return MHD_start_daemon(
        flags, 0, NULL, NULL, options->handle, options->context,
        // First, or what is said while starting goes to stderr.
        MHD_OPTION_EXTERNAL_LOGGER, log_line, (void *)options,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)options->listener,
        MHD_OPTION_CONNECTION_LIMIT, options->connections_max,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->memory_bytes,
        // Inactivity is the reaper's business, which also sees those who send a byte now and then.
        MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, options->request_line, options->context,
        MHD_OPTION_NOTIFY_COMPLETED, options->completed, options->context,
        MHD_OPTION_NOTIFY_CONNECTION, options->connection_changed, options->context,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

int cmhd_epoll_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

int cmhd_descriptor(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void *cmhd_socket_context(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

size_t cmhd_head_count(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

bool cmhd_peer_address(struct MHD_Connection *connection, char *text, size_t count) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL) return false;
    if (info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)info->client_addr;
        return inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)count) != NULL;
    }
    if (info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)info->client_addr;
        // A client of IPv4 on a socket for both is shown as what it is.
        if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr))
            return inet_ntop(AF_INET, address->sin6_addr.s6_addr + 12, text, (socklen_t)count) != NULL;
        return inet_ntop(AF_INET6, &address->sin6_addr, text, (socklen_t)count) != NULL;
    }
    return false;
}

struct fields {
    struct cmhd_field *next;
    struct cmhd_field *end;
    size_t count;
};

static enum MHD_Result store_field(
    void *context, enum MHD_ValueKind kind, const char *name, size_t name_count, const char *value,
    size_t value_count) {
    (void)kind;
    struct fields *fields = context;
    fields->count++;
    if (fields->next < fields->end)
        *fields->next++ = (struct cmhd_field){
            (const unsigned char *)name, (const unsigned char *)value, (uint32_t)name_count, (uint32_t)value_count};
    return MHD_YES;
}

size_t cmhd_fields(struct MHD_Connection *connection, struct cmhd_field *fields, size_t fields_max) {
    struct fields stored = {fields, fields + fields_max, 0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, store_field, &stored);
    return stored.count;
}

void cmhd_attend(struct MHD_Connection *connection) {
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
}

bool cmhd_add_field(
    struct MHD_Response *response, const unsigned char *name, size_t name_count, const unsigned char *value,
    size_t value_count) {
    char name_text[256];
    char value_text[4096];
    if (name_count >= sizeof name_text || value_count >= sizeof value_text) return false;
    if (name_count > 0) memcpy(name_text, name, name_count);
    if (value_count > 0) memcpy(value_text, value, value_count);
    name_text[name_count] = value_text[value_count] = 0;
    if (strlen(name_text) != name_count || strlen(value_text) != value_count) return false;
    return MHD_add_response_header(response, name_text, value_text) == MHD_YES;
}

void cmhd_end_by_closing(struct MHD_Response *response) {
    MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

void cmhd_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int cmhd_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int cmhd_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

bool cmhd_watch_hangup(int epoll, int descriptor, void *tag) {
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = tag};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void cmhd_unwatch_hangup(int epoll, int descriptor) { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int cmhd_hangups(int epoll, void **tags, int tags_max) {
    struct epoll_event events[64];
    if (tags_max > 64) tags_max = 64;
    int count = epoll_wait(epoll, events, tags_max, 0);
    for (int index = 0; index < count; index++) tags[index] = events[index].data.ptr;
    return count;
}

int cmhd_linger(int epoll, int descriptor) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return -1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = copy};
    if (shutdown(copy, SHUT_WR) != 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, copy, &event) != 0) {
        close(copy);
        return -1;
    }
    return copy;
}

void cmhd_send_now(int descriptor, const void *bytes, size_t count) {
    (void)!send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool cmhd_discard(int descriptor) {
    // A bound, so that a client that sends without end does not hold the loop.
    for (int turn = 0; turn < 16; turn++) {
        // TCP throws the bytes away in the kernel, without a copy.
        ssize_t count = recv(descriptor, NULL, 1 << 20, MSG_TRUNC | MSG_DONTWAIT);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        if (count == 0) return false;
    }
    return true;
}
