// Sleeps before calls that find, lock, rename or remove a file, so that processes meet between two of them. Loaded into
// a process by LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const long MOST_MICROSECONDS = 3000;

static void sleep_a_while(void)
{
    static __thread unsigned seed;
    struct timespec pause = {0, 0};
    if (!seed)
        seed = (unsigned)getpid() * 2654435761u + 1;
    if (rand_r(&seed) % 3)
        return;
    pause.tv_nsec = rand_r(&seed) % MOST_MICROSECONDS * 1000;
    nanosleep(&pause, NULL);
}

static int is_of_a_database(const char *path)
{
    return path && strstr(path, ".crm");
}



int flock(int file, int operation)
{
    sleep_a_while();
    return ((int (*)(int, int))dlsym(RTLD_NEXT, "flock"))(file, operation);
}

int rename(const char *from, const char *to)
{
    sleep_a_while();
    int result = ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
    sleep_a_while();
    return result;
}

int unlink(const char *path)
{
    sleep_a_while();
    return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(path);
}

static int open_by(const char *name, const char *path, int flags, mode_t mode)
{
    if (is_of_a_database(path))
        sleep_a_while();
    int file = ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name))(path, flags, mode);
    if (is_of_a_database(path))
        sleep_a_while();
    return file;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_by("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_by("open64", path, flags, mode);
}
