#pragma once
// SQLite, with shims for what Swift cannot import: variadic calls, SQLITE_TRANSIENT, the extended codes,
// and one GNU call that Swift's Glibc module leaves out.
#include <sqlite3.h>

/// Switches the memory statistics off, whose lock every allocation of every thread would take.
/// Works only before the library's first use; SQLite's own heap limits do nothing from then on.
int csqlite_memory_statistics_off(void);

/// Switches one of the boolean SQLITE_DBCONFIG_ options, and says in `now` how it stands afterwards.
int csqlite_db_config(sqlite3 *db, int option, int on, int *now);

/// Binds UTF-8 text of `bytes` bytes, copied before the call returns; empty text, never NULL, if there are
/// none.
int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 bytes);

/// Binds `bytes` bytes, copied before the call returns; an empty blob, never NULL, if there are none.
int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *blob, sqlite3_uint64 bytes);

static const int CSQLITE_CONSTRAINT_CHECK = SQLITE_CONSTRAINT_CHECK;
static const int CSQLITE_CONSTRAINT_DATATYPE = SQLITE_CONSTRAINT_DATATYPE;
static const int CSQLITE_CONSTRAINT_FOREIGNKEY = SQLITE_CONSTRAINT_FOREIGNKEY;
static const int CSQLITE_CONSTRAINT_NOTNULL = SQLITE_CONSTRAINT_NOTNULL;
static const int CSQLITE_CONSTRAINT_PRIMARYKEY = SQLITE_CONSTRAINT_PRIMARYKEY;
static const int CSQLITE_CONSTRAINT_ROWID = SQLITE_CONSTRAINT_ROWID;
static const int CSQLITE_CONSTRAINT_TRIGGER = SQLITE_CONSTRAINT_TRIGGER;
static const int CSQLITE_CONSTRAINT_UNIQUE = SQLITE_CONSTRAINT_UNIQUE;

/// Names the calling thread, in at most 15 bytes, as debuggers and `top -H` show it.
int csqlite_name_thread(const char *name);
