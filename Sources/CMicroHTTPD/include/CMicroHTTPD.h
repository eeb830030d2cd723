#pragma once
// libmicrohttpd, with shims for what Swift can't import: variadic calls, epoll and eventfd.
#include <microhttpd.h>
