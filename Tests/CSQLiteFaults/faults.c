#include "CSQLiteFaults.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define RULES_MAX 64
#define PATH_BYTES_MAX 512

struct rule {
    char path[PATH_BYTES_MAX];
    enum csqlite_fault fault;
    int struck;
};

/// A file of ours: the true file lies right behind it in the same allocation.
struct file {
    sqlite3_file base;
    char path[PATH_BYTES_MAX];
    int is_log;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[RULES_MAX];
static sqlite3_vfs *disk;
static sqlite3_vfs faulty;
static sqlite3_io_methods methods, methods_without_shared_memory;

static struct rule *rule_of(const char *path) {
    for (int i = 0; i < RULES_MAX; i++)
        if (rules[i].path[0] && strcmp(rules[i].path, path) == 0) return &rules[i];
    return 0;
}

/// True, and counted, if this fault is set for the path.
static int strikes(const char *path, enum csqlite_fault fault) {
    pthread_mutex_lock(&lock);
    struct rule *rule = rule_of(path);
    int hit = rule && rule->fault == fault;
    if (hit) rule->struck++;
    pthread_mutex_unlock(&lock);
    return hit;
}

int csqlite_faults_set(const char *path, enum csqlite_fault fault) {
    if (strlen(path) >= PATH_BYTES_MAX) return SQLITE_TOOBIG;
    pthread_mutex_lock(&lock);
    struct rule *rule = rule_of(path);
    // Most tests set nothing, and all clear what they may have set.
    int is_needed = rule || fault != CSQLITE_FAULT_NONE;
    for (int i = 0; is_needed && !rule && i < RULES_MAX; i++)
        if (!rules[i].path[0]) rule = &rules[i];
    if (rule) {
        strcpy(rule->path, path);
        rule->fault = fault;
        // The count outlives the end of the fault, so that a test can ask whether it struck.
        if (fault != CSQLITE_FAULT_NONE) rule->struck = 0;
    }
    pthread_mutex_unlock(&lock);
    return rule || !is_needed ? SQLITE_OK : SQLITE_FULL;
}

int csqlite_faults_struck(const char *path) {
    pthread_mutex_lock(&lock);
    struct rule *rule = rule_of(path);
    int struck = rule ? rule->struck : 0;
    pthread_mutex_unlock(&lock);
    return struck;
}

static sqlite3_file *true_file(sqlite3_file *file) { return (sqlite3_file *)((struct file *)file + 1); }
static struct file *ours(sqlite3_file *file) { return (struct file *)file; }
#define TRUE(file) true_file(file)->pMethods

static int f_close(sqlite3_file *f) { return TRUE(f)->xClose(true_file(f)); }
static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
    return TRUE(f)->xRead(true_file(f), to, n, at);
}
static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
    if (ours(f)->is_log && strikes(ours(f)->path, CSQLITE_FAULT_LOG_FULL)) return SQLITE_FULL;
    if (ours(f)->is_log && strikes(ours(f)->path, CSQLITE_FAULT_LOG_WRITE)) return SQLITE_IOERR_WRITE;
    if (!ours(f)->is_log && strikes(ours(f)->path, CSQLITE_FAULT_MAIN_FULL)) return SQLITE_FULL;
    return TRUE(f)->xWrite(true_file(f), from, n, at);
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 n) { return TRUE(f)->xTruncate(true_file(f), n); }
static int f_sync(sqlite3_file *f, int flags) {
    if (ours(f)->is_log && strikes(ours(f)->path, CSQLITE_FAULT_LOG_SYNC)) return SQLITE_IOERR_FSYNC;
    if (!ours(f)->is_log && strikes(ours(f)->path, CSQLITE_FAULT_MAIN_SYNC)) return SQLITE_IOERR_FSYNC;
    return TRUE(f)->xSync(true_file(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *n) { return TRUE(f)->xFileSize(true_file(f), n); }
static int f_lock(sqlite3_file *f, int level) { return TRUE(f)->xLock(true_file(f), level); }
static int f_unlock(sqlite3_file *f, int level) { return TRUE(f)->xUnlock(true_file(f), level); }
static int f_reserved(sqlite3_file *f, int *out) { return TRUE(f)->xCheckReservedLock(true_file(f), out); }
static int f_control(sqlite3_file *f, int op, void *arg) {
    return TRUE(f)->xFileControl(true_file(f), op, arg);
}
static int f_sector(sqlite3_file *f) { return TRUE(f)->xSectorSize(true_file(f)); }
static int f_device(sqlite3_file *f) { return TRUE(f)->xDeviceCharacteristics(true_file(f)); }
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return TRUE(f)->xShmMap(true_file(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return TRUE(f)->xShmLock(true_file(f), at, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) { TRUE(f)->xShmBarrier(true_file(f)); }
static int f_shm_unmap(sqlite3_file *f, int del) { return TRUE(f)->xShmUnmap(true_file(f), del); }

static int f_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
    (void)vfs;
    struct file *file = ours(f);
    memset(file, 0, sizeof *file);
    file->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (name) {
        snprintf(file->path, sizeof file->path, "%s", name);
        size_t length = strlen(file->path);
        if (file->is_log && length > 4) file->path[length - 4] = 0;
    }
    int rc = disk->xOpen(disk, name, true_file(f), flags, out);
    // A file that failed to open must have no methods, unless the true one wants to be closed.
    if (true_file(f)->pMethods)
        f->pMethods = strikes(file->path, CSQLITE_FAULT_NO_SHARED_MEMORY) ? &methods_without_shared_memory
                                                                            : &methods;
    return rc;
}

int csqlite_faults_install(void) {
    pthread_mutex_lock(&lock);
    int first = !disk;
    if (first) {
        disk = sqlite3_vfs_find(0);
        faulty = *disk;
        faulty.zName = "faulty";
        faulty.pNext = 0;
        faulty.szOsFile = (int)sizeof(struct file) + disk->szOsFile;
        faulty.xOpen = f_open;
        methods = (sqlite3_io_methods){
            .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate,
            .xSync = f_sync, .xFileSize = f_size, .xLock = f_lock, .xUnlock = f_unlock,
            .xCheckReservedLock = f_reserved, .xFileControl = f_control, .xSectorSize = f_sector,
            .xDeviceCharacteristics = f_device, .xShmMap = f_shm_map, .xShmLock = f_shm_lock,
            .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap,
        };
        methods_without_shared_memory = methods;
        methods_without_shared_memory.iVersion = 1;
    }
    pthread_mutex_unlock(&lock);
    return first ? sqlite3_vfs_register(&faulty, 1) : SQLITE_OK;
}
