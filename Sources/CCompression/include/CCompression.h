#pragma once
// zlib and zstd, with shims for the macros that Swift cannot import.
#include <zlib.h>
#include <zstd.h>
