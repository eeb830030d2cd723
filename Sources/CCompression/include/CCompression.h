#pragma once
// zlib and zstd, with shims for the macros that Swift cannot import.
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/// deflateInit2 and inflateInit2 are macros that pass the version and the size of z_stream.
int ccompression_deflate_init(z_stream *stream, int level, int window_bits);
int ccompression_inflate_init(z_stream *stream, int window_bits);
