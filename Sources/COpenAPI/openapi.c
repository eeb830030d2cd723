#include "COpenAPI.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char text[] = {
#embed "../../openapi.yaml"
};

const void *copenapi_text(void) { return text; }

size_t copenapi_count(void) { return sizeof text; }
