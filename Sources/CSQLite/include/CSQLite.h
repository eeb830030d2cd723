#pragma once
// SQLite, with shims for what Swift cannot import: variadic calls and SQLITE_TRANSIENT.
#include <sqlite3.h>
