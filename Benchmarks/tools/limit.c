// How many durable tenants a second SQLite's own C API allows: the rows that the server writes for one, N of them a
// commit, FULL, checkpoints as the server's. No HTTP, JSON, rules, placement, hash chain or routing table.
//
//   limit DATABASE GROUP SECONDS      prints writes a second
#include "registry.h"
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int log_pages;
static int count_pages(void *context, sqlite3 *database, const char *name, int pages) {
    (void)context, (void)database, (void)name;
    log_pages = pages;
    return SQLITE_OK;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    open_registry(argv[1]);
    sqlite3_wal_hook(db, count_pages, NULL);
    int group = atoi(argv[2]), checkpointed = 0;
    double start = now(), end = start + atof(argv[3]);
    uint64_t written = 0, first = 1000000000 + (uint64_t)revision;
    while (now() < end) {
        run(begin);
        for (int i = 0; i < group; i++) {
            uint64_t number = tenant_number(first + written++);
            add_tenant(number);
            add_load(number % CELLS, 1);
        }
        run(commit);
        if (log_pages < checkpointed) checkpointed = 0;
        if (log_pages - checkpointed < CHECKPOINT_PAGES) continue;
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        checkpointed = log_pages;
    }
    printf("%.0f\n", written / (now() - start));
}
