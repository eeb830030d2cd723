// The registry's rows by SQLite's own C API: the same file, pragmas and statements' effects as the server's.
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 500, CHECKPOINT_PAGES = 4000 };

static sqlite3 *db;
static sqlite3_stmt *insert_tenant, *insert_event, *begin, *commit, *load_cell;
static sqlite3_int64 revision;

static void must(int code, int expected) {
    if (code == expected) return;
    fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepared(const char *sql) {
    sqlite3_stmt *s;
    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL), SQLITE_OK);
    return s;
}

static void run(sqlite3_stmt *s) {
    must(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
}

// What measure/registry.py calls the n-th tenant: 20 bytes, in no order.
static uint64_t tenant_number(uint64_t n) {
    n += 0x9E3779B97F4A7C15u;
    n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
    n = (n ^ n >> 27) * 0x94D049BB133111EBu;
    return (n ^ n >> 31) >> 4;
}

static int scalar(void *to, int columns, char **values, char **names) {
    (void)columns, (void)names;
    *(sqlite3_int64 *)to = values[0] ? atoll(values[0]) : 0;
    return 0;
}

static void open_registry(const char *path) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    must(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL), SQLITE_OK);
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                      "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY",
                      NULL, NULL, NULL), SQLITE_OK);
    must(sqlite3_exec(db, "SELECT max(revision) FROM audit_events", scalar, &revision, NULL), SQLITE_OK);
    begin = prepared("BEGIN IMMEDIATE");
    commit = prepared("COMMIT");
    insert_tenant = prepared("INSERT INTO tenants VALUES ($1, $2, 1, 'serving', 1, 0, '[]', NULL, NULL, $3, $4, $4)");
    insert_event = prepared("INSERT INTO audit_events VALUES ($1, $2, 'admin', 'putTenant', 'tenant', $3, $4, 0, 1,"
                            " '', 'benchmark', '', zeroblob(32))");
    load_cell = prepared("UPDATE cells SET load = load + $2, tenants = tenants + $2 WHERE id = $1");
}

static void add_tenant(uint64_t number) {
    char id[24], cell[16], document[256];
    int id_length = sprintf(id, "shop-%015llx", (unsigned long long)number);
    int cell_length = sprintf(cell, "cell-%d", (int)(number % CELLS) + 1);
    int length = sprintf(document, "{\"cell\":\"%s\",\"epoch\":1,\"hosts\":[],\"id\":\"%s\",\"load\":1,\"state\":\"serving\"}",
                         cell, id);
    sqlite3_int64 time = 1750000000000 + ++revision;
    sqlite3_bind_int64(insert_event, 1, revision);
    sqlite3_bind_int64(insert_event, 2, time);
    sqlite3_bind_text(insert_event, 3, id, id_length, SQLITE_STATIC);
    sqlite3_bind_text(insert_event, 4, document, length, SQLITE_STATIC);
    run(insert_event);
    sqlite3_bind_text(insert_tenant, 1, id, id_length, SQLITE_STATIC);
    sqlite3_bind_text(insert_tenant, 2, cell, cell_length, SQLITE_STATIC);
    sqlite3_bind_int64(insert_tenant, 3, revision);
    sqlite3_bind_int64(insert_tenant, 4, time);
    run(insert_tenant);
}

static void add_load(int cell, int tenants) {
    char id[16];
    int length = sprintf(id, "cell-%d", cell + 1);
    sqlite3_bind_text(load_cell, 1, id, length, SQLITE_STATIC);
    sqlite3_bind_int(load_cell, 2, tenants);
    run(load_cell);
}
