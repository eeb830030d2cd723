#pragma once
// libcurl, with shims for what Swift cannot import: its variadic setters and getters.
#include <curl/curl.h>
