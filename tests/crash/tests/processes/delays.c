/* A library to be preloaded: sleeps at random before and after the calls by which files are found, locked, renamed and
 * removed, so that what two processes do falls between each other's calls in many orders. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static __thread uint64_t state;

/* No sleep in two of three calls, else up to two milliseconds. */
static void delay(void)
{
    if (state == 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        state = (uint64_t)now.tv_nsec * 2654435761u ^ (uint64_t)getpid() << 32 | 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    if (state % 3 == 0) {
        struct timespec time = { 0, (long)(state >> 8) % 2000000 };
        nanosleep(&time, NULL);
    }
}

#define BETWEEN(type, name, parameters, arguments)                                                                    \
    type name parameters                                                                                              \
    {                                                                                                                 \
        static type (*real) parameters;                                                                               \
        if (!real)                                                                                                    \
            real = (type (*) parameters)dlsym(RTLD_NEXT, #name);                                                      \
        delay();                                                                                                      \
        type result = real arguments;                                                                                 \
        delay();                                                                                                      \
        return result;                                                                                                \
    }

BETWEEN(int, flock, (int file, int operation), (file, operation))
BETWEEN(int, rename, (const char *from, const char *to), (from, to))
BETWEEN(int, link, (const char *from, const char *to), (from, to))
BETWEEN(int, unlink, (const char *path), (path))

int open64(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    delay();
    int file = real(path, flags, mode);
    delay();
    return file;
}
