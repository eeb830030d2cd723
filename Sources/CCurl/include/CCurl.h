#pragma once
// libcurl, with shims for what Swift cannot import: its variadic setters and getters.
#include <curl/curl.h>

/// curl_easy_setopt, one function for each type of value.
CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value);

/// The callbacks of a transfer, all with the same data.
void ccurl_set_callbacks(CURL *handle, curl_write_callback header, curl_write_callback write,
                         curl_read_callback read, curl_seek_callback seek,
                         curl_opensocket_callback open_socket, void *data);

long ccurl_status(CURL *handle);
