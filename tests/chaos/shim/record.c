/*
 * Loaded before the C library of a program that writes to a folder: records every change of that folder, in order, and can
 * kill the program at the nth of them. It changes nothing about what the program does.
 *
 * CUT_FOLDER   the folder whose files are recorded (absolute, without a final slash)
 * CUT_LOG      the record is appended here
 * CUT_KILL     kill -9 before the nth change (counted from 1), if set
 *
 * One record: 1 byte kind, 4 bytes file number, 8 bytes offset, 4 bytes length, then that many bytes. All little-endian.
 *   'o' a file was opened: its path     'w' bytes were written      't' cut to `offset`
 *   's' synced                          'u' the path was unlinked   'r' the path was renamed: old path, zero byte, new path
 *   'a' the program says that something is durable: its words (written to the file <folder>.acks)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
static int number_of[FILES]; /* by descriptor; 0: not ours, -1: the acknowledgements */
static int next_number = 1;
static int log_fd = -1;
static long changes, kill_at;
static char folder[1024], acks[1040];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_write)(int, const void *, size_t);
static off_t (*real_lseek)(int, off_t, int);

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
    const char *f = getenv("CUT_FOLDER"), *l = getenv("CUT_LOG"), *k = getenv("CUT_KILL");
    real_write = real("write");
    real_lseek = real("lseek64");
    if (!f || !l) return;
    snprintf(folder, sizeof folder, "%s", f);
    snprintf(acks, sizeof acks, "%s.acks", f);
    kill_at = k ? atol(k) : 0;
    int (*real_open)(const char *, int, ...) = real("open64");
    log_fd = real_open(l, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void record(char kind, int file, uint64_t offset, const void *bytes, uint32_t length) {
    struct iovec parts[5] = {{&kind, 1}, {&file, 4}, {&offset, 8}, {&length, 4}, {(void *)bytes, length}};
    if (log_fd >= 0) (void)!writev(log_fd, parts, 5);
}

/* Before a change is made: counts it, and ends everything if this is the one. */
static void change(void) {
    changes++;
    if (kill_at && changes == kill_at) kill(getpid(), SIGKILL);
}

static int ours(const char *path) {
    size_t n = strlen(folder);
    return n && strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static int opened(int fd, const char *path) {
    if (fd < 0 || fd >= FILES || log_fd < 0) return fd;
    pthread_mutex_lock(&lock);
    if (strcmp(path, acks) == 0) number_of[fd] = -1;
    else if (ours(path)) {
        number_of[fd] = next_number++;
        record('o', number_of[fd], 0, path, strlen(path));
    } else number_of[fd] = 0;
    pthread_mutex_unlock(&lock);
    return fd;
}

static int number(int fd) { return fd >= 0 && fd < FILES ? number_of[fd] : 0; }

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        int (*next)(const char *, int, ...) = real(#name);            \
        mode_t mode = 0;                                              \
        if (flags & (O_CREAT | O_TMPFILE)) {                          \
            va_list more;                                             \
            va_start(more, flags);                                    \
            mode = va_arg(more, mode_t);                              \
            va_end(more);                                             \
        }                                                             \
        return opened(next(path, flags, mode), path);                 \
    }
OPEN(open)
OPEN(open64)

static void wrote(int fd, const void *bytes, size_t length, off_t offset) {
    int file = number(fd);
    if (file > 0) record('w', file, offset, bytes, length);
    else if (file < 0) record('a', 0, 0, bytes, length);
}

static ssize_t guarded(int fd, ssize_t (*next)(int, const void *, size_t, off_t), const void *bytes, size_t length, off_t offset) {
    if (!number(fd)) return next(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    if (number(fd) > 0) change();
    ssize_t done = next(fd, bytes, length, offset);
    if (done > 0) wrote(fd, bytes, done, offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return guarded(fd, real("pwrite"), bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return guarded(fd, real("pwrite64"), bytes, length, offset);
}
ssize_t write(int fd, const void *bytes, size_t length) {
    if (!number(fd)) return real_write(fd, bytes, length);
    pthread_mutex_lock(&lock);
    if (number(fd) > 0) change();
    off_t offset = real_lseek(fd, 0, SEEK_CUR);
    ssize_t done = real_write(fd, bytes, length);
    if (done > 0) wrote(fd, bytes, done, offset);
    pthread_mutex_unlock(&lock);
    return done;
}

#define CUT(name)                                                     \
    int name(int fd, off_t length) {                                  \
        int (*next)(int, off_t) = real(#name);                        \
        if (number(fd) <= 0) return next(fd, length);                 \
        pthread_mutex_lock(&lock);                                    \
        change();                                                     \
        int done = next(fd, length);                                  \
        if (done == 0) record('t', number(fd), length, "", 0);        \
        pthread_mutex_unlock(&lock);                                  \
        return done;                                                  \
    }
CUT(ftruncate)
CUT(ftruncate64)

#define SYNC(name)                                                    \
    int name(int fd) {                                                \
        int (*next)(int) = real(#name);                               \
        if (number(fd) <= 0) return next(fd);                         \
        pthread_mutex_lock(&lock);                                    \
        change();                                                     \
        int done = next(fd);                                          \
        if (done == 0) record('s', number(fd), 0, "", 0);             \
        pthread_mutex_unlock(&lock);                                  \
        return done;                                                  \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    int (*next)(const char *) = real("unlink");
    if (!ours(path)) return next(path);
    pthread_mutex_lock(&lock);
    change();
    int done = next(path);
    if (done == 0) record('u', 0, 0, path, strlen(path));
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to) {
    int (*next)(const char *, const char *) = real("rename");
    if (!ours(to)) return next(from, to);
    char both[2100];
    int length = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    pthread_mutex_lock(&lock);
    change();
    int done = next(from, to);
    if (done == 0) record('r', 0, 0, both, length);
    pthread_mutex_unlock(&lock);
    return done;
}

int close(int fd) {
    int (*next)(int) = real("close");
    if (fd >= 0 && fd < FILES) number_of[fd] = 0;
    return next(fd);
}
