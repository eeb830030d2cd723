#define _GNU_SOURCE
#include "CSQLite.h"
#include <pthread.h>

int csqlite_memory_statistics_off(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

int csqlite_db_config(sqlite3 *db, int option, int on, int *now) {
    return sqlite3_db_config(db, option, on, now);
}

int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 bytes) {
    // A null pointer would bind NULL, and an empty Swift string or array may have no address.
    return sqlite3_bind_text64(statement, index, text ? text : "", bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *blob, sqlite3_uint64 bytes) {
    if (bytes == 0) return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, blob, bytes, SQLITE_TRANSIENT);
}

int csqlite_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }
