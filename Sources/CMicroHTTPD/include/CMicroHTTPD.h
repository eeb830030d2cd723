#pragma once
// libmicrohttpd, with shims for what Swift can't import (variadic calls, epoll, eventfd, va_list) and for
// what is better done on this side of the border (walking a request's fields, asking GnuTLS about a client's
// certificate).
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// What a daemon is started with. Pointers must outlive the daemon.
struct cmhd_options {
    /// A bound, listening, non-blocking socket; the daemon takes it over.
    int listener;
    unsigned int connections_max;
    /// Bytes of each connection's pool.
    size_t memory_bytes;
    /// Handed to each of the callbacks.
    void *context;
    MHD_AccessHandlerCallback handle;
    void *(*request_line)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection_changed;
    /// Gets each line of the library's log; null: none is made.
    void (*log)(void *context, const char *line);
    /// PEM; certificate null: no TLS.
    const char *certificate;
    const char *key;
    const char *client_authorities;
    const char *priorities;
};

/// Starts a daemon that is driven from outside by epoll; null on failure.
struct MHD_Daemon *cmhd_start(const struct cmhd_options *options);
int cmhd_epoll_descriptor(struct MHD_Daemon *daemon);

int cmhd_descriptor(struct MHD_Connection *connection);
void *cmhd_socket_context(struct MHD_Connection *connection);
/// Bytes of the request's head, from its method's first to the last line's end; known once the head is whole.
size_t cmhd_head_count(struct MHD_Connection *connection);
/// Writes the peer's numeric address; false where it has none.
bool cmhd_peer_address(struct MHD_Connection *connection, char *text, size_t count);

/// A field as it lies in the connection's memory.
struct cmhd_field {
    const unsigned char *name;
    const unsigned char *value;
    uint32_t name_count;
    uint32_t value_count;
};

/// Stores the first `fields_max` fields of a request in their order and returns how many there are.
size_t cmhd_fields(struct MHD_Connection *connection, struct cmhd_field *fields, size_t fields_max);

/// Has the library look at a connection in each run from now on, and close it where it is idle for a second:
/// for one that is to end, because the library forgets those that it has marked as closed while it made an
/// answer's body, and those that no event comes for.
void cmhd_attend(struct MHD_Connection *connection);

/// Adds a field to an answer; false, and nothing is added, where it holds a line end, a tab or a NUL, or is
/// longer than any head could hold.
bool cmhd_add_field(
    struct MHD_Response *response, const unsigned char *name, size_t name_count, const unsigned char *value,
    size_t value_count);

/// Has the end of an answer without a known length shown by the connection's end, not by chunks.
void cmhd_end_by_closing(struct MHD_Response *response);

/// Names the calling thread, for those who look at it from outside.
void cmhd_name_thread(const char *name);

int cmhd_eventfd(void);
int cmhd_epoll(void);
/// Reports once, with `tag`, that the peer has gone. False on failure.
bool cmhd_watch_hangup(int epoll, int descriptor, void *tag);
void cmhd_unwatch_hangup(int epoll, int descriptor);
/// Stores the tags of those that hung up, without waiting; returns how many.
int cmhd_hangups(int epoll, void **tags, int tags_max);

/// Sends what the kernel takes of it at once, past the library and without a signal.
void cmhd_send_now(int descriptor, const void *bytes, size_t count);

/// Ends this side's sending, and returns a second descriptor of the socket that `epoll` reports as readable;
/// -1 on failure.
int cmhd_linger(int epoll, int descriptor);
/// Throws away what has come; false once nothing more can come.
bool cmhd_discard(int descriptor);

/// What a client's certificate is worth.
enum cmhd_certificate {
    cmhd_certificate_absent,
    /// Expired, self-signed, of another authority, not for clients, revoked …
    cmhd_certificate_invalid,
    cmhd_certificate_valid,
};

/// Verifies the client's certificate, and calls `name` for each DNS and URI name of a valid one, then for its
/// common name. Names that hold a NUL are left out.
enum cmhd_certificate cmhd_verify_client(
    struct MHD_Connection *connection, void *context, void (*name)(void *context, const char *name, size_t count));
