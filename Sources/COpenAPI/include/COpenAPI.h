#pragma once
// openapi.yaml as the program carries it. C has a directive for it; as a Swift array literal of 400,000
// elements it takes the compiler minutes.
#include <stddef.h>

/// The text, UTF-8, and how many bytes it has.
const void *copenapi_text(void);
size_t copenapi_count(void);
