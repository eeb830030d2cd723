// Fills a registry with N tenants without the server, sorted, in one transaction: what start and memory are measured
// on. Its audit events carry no hash chain, so `control-plane check` rightly refuses such a file.
//
//   fill DATABASE COUNT
#include "registry.h"

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    open_registry(argv[1]);
    must(sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -1000000", NULL,
                      NULL, NULL), SQLITE_OK);
    uint64_t count = strtoull(argv[2], NULL, 10);
    uint64_t *numbers = malloc(count * sizeof *numbers);
    int tenants[CELLS] = {0};
    for (uint64_t i = 0; i < count; i++) numbers[i] = tenant_number(i);
    qsort(numbers, count, sizeof *numbers, ascending);
    run(begin);
    for (uint64_t i = 0; i < count; i++) {
        add_tenant(numbers[i]);
        tenants[numbers[i] % CELLS]++;
    }
    for (int i = 0; i < CELLS; i++) add_load(i, tenants[i]);
    run(commit);
    must(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}
