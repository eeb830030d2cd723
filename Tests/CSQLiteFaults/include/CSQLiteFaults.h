#pragma once
// A disk that fails when it is told to: a VFS around SQLite's own.

/// What may fail. Reads, locks and shared memory never do.
enum csqlite_fault {
    CSQLITE_FAULT_NONE = 0,
    /// fsync of the write-ahead log fails with an I/O error, after its bytes were written.
    CSQLITE_FAULT_LOG_SYNC = 1,
    /// A write to the write-ahead log finds no space.
    CSQLITE_FAULT_LOG_FULL = 2,
    /// A write to the write-ahead log fails with an I/O error.
    CSQLITE_FAULT_LOG_WRITE = 3,
    /// The file has no shared memory, without which SQLite keeps its old journal and says no word.
    CSQLITE_FAULT_NO_SHARED_MEMORY = 4,
    /// fsync of the database file itself fails: a checkpoint does.
    CSQLITE_FAULT_MAIN_SYNC = 5,
    /// A write to the database file itself finds no space: a checkpoint does.
    CSQLITE_FAULT_MAIN_FULL = 6,
};

/// Puts the failing disk in place of the default one, for every connection opened from now on.
/// It does nothing to a file until a fault is set for it. The library must be initialized.
int csqlite_faults_install(void);

/// Sets what fails in the database at this absolute path from the next call on, every time, until it is
/// set to none. NO_SHARED_MEMORY counts for files opened later. At most 64 paths at once.
int csqlite_faults_set(const char *path, enum csqlite_fault fault);

/// How often the fault of this path has struck since it was set.
int csqlite_faults_struck(const char *path);
