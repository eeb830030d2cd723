// Shows the thread sanitizer what Synchronization.Mutex orders.
//
// The slow path of a contended Mutex lies in libswiftSynchronization, which is not built with the sanitizer: it sees
// neither the futex nor that one thread's unlock comes before another's lock, and reports every contended Mutex as a
// race. Preloaded (LD_PRELOAD), this stands in front of the two slow paths, calls the real ones, and announces the
// acquire and the release. The uncontended path is inlined into instrumented code and needs nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Of the sanitizer's runtime; absent in a process without it.
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow()
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SELF __attribute__((swift_context)) void *self
#define SWIFT __attribute__((swiftcall, no_sanitize("thread")))

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

SWIFT void lock_slow(uint32_t thread, SELF) {
    typedef __attribute__((swiftcall)) void function(uint32_t, SELF);
    ((function *)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) {
    typedef __attribute__((swiftcall)) void function(SELF);
    if (__tsan_release) __tsan_release(self);
    ((function *)dlsym(RTLD_NEXT, UNLOCK_SLOW))(self);
}
