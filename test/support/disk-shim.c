/*
 * A disk that is full, or that forgets what was not flushed, for tests: preloaded into a process, it watches what is
 * written below SHIM_DIR.
 *
 * SHIM_FULL=FILE   while FILE exists, a write that makes a file longer fails with ENOSPC, if the file's name begins with
 *                  one of the words of SHIM_FILES (with SHIM_EXACT: is one of them). Removing or cutting a file gives
 *                  its bytes back, as on a real disk.
 * SHIM_LOG=FILE    every write, flush, truncation and removal, and every line on stdout, in their order. Records:
 *                  op (1 byte), length of the name (2), offset (8), length (8), name, data; little endian.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FD 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[MAX_FD];
static const char *dir, *full, *files, *exact;
static int log_fd = -1;
static long long freed;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_close)(int), (*real_unlink)(const char *);
static int (*real_ftruncate)(int, off_t), (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_close = dlsym(RTLD_NEXT, "close");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_open = dlsym(RTLD_NEXT, "open64");
  real_openat = dlsym(RTLD_NEXT, "openat64");
  dir = getenv("SHIM_DIR");
  full = getenv("SHIM_FULL");
  files = getenv("SHIM_FILES");
  exact = getenv("SHIM_EXACT");
  const char *log = getenv("SHIM_LOG");
  if (log) log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The part of a path below SHIM_DIR, or NULL. */
static const char *below(const char *path) {
  if (!dir || !path) return NULL;
  size_t n = strlen(dir);
  return strncmp(path, dir, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

static void opened(int fd, const char *path) {
  const char *name = below(path);
  if (fd < 0 || fd >= MAX_FD) return;
  pthread_mutex_lock(&lock);
  free(names[fd]);
  names[fd] = name ? strdup(name) : NULL;
  pthread_mutex_unlock(&lock);
}

static const char *name_of(int fd) {
  if (fd == 1 && log_fd >= 0) return "stdout";
  /* Node closes some descriptors by the bare system call: what is no file now has taken over a file's number. */
  struct stat st;
  if (fd < 0 || fd >= MAX_FD || !names[fd]) return NULL;
  return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? names[fd] : NULL;
}

static void record(char op, const char *name, uint64_t offset, uint64_t length, const struct iovec *data, int parts) {
  if (log_fd < 0) return;
  unsigned char head[19];
  uint16_t n = strlen(name);
  head[0] = op;
  memcpy(head + 1, &n, 2);
  memcpy(head + 3, &offset, 8);
  memcpy(head + 11, &length, 8);
  real_write(log_fd, head, sizeof head);
  real_write(log_fd, name, n);
  for (int i = 0; i < parts; i++) real_write(log_fd, data[i].iov_base, data[i].iov_len);
}

static int is_full(const char *name) {
  if (!full || access(full, F_OK) != 0) return 0;
  for (const char *word = files; word && *word;) {
    size_t n = strcspn(word, " ");
    if (n > 0 && strncmp(name, word, n) == 0 && (!exact || name[n] == 0)) return 1;
    word += n + (word[n] == ' ');
  }
  return 0;
}

/* With the lock held: may this file become so long? */
static int fits(int fd, const char *name, long long end) {
  struct stat st;
  if (!is_full(name) || fstat(fd, &st) != 0 || end <= st.st_size) return 1;
  if (end - st.st_size > freed) return 0;
  freed -= end - st.st_size;
  return 1;
}

static ssize_t watched(int fd, const struct iovec *data, int parts, off_t offset, int positioned) {
  const char *name = name_of(fd);
  size_t length = 0;
  for (int i = 0; i < parts; i++) length += data[i].iov_len;
  pthread_mutex_lock(&lock);
  off_t at = fd == 1 ? 0 : positioned ? offset : lseek(fd, 0, SEEK_CUR);
  ssize_t done = -1;
  if (fd != 1 && !fits(fd, name, (long long)at + (long long)length)) {
    pthread_mutex_unlock(&lock);
    errno = ENOSPC;
    return -1;
  }
  /* A line on stdout is noted before anybody can read it. */
  if (fd == 1) record('W', name, at, length, data, parts);
  done = positioned ? real_pwrite(fd, data[0].iov_base, length, offset) : real_writev(fd, data, parts);
  int error = errno;
  if (fd != 1 && done == (ssize_t)length) record('W', name, at, length, data, parts);
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec one = {(void *)bytes, length};
  return name_of(fd) ? watched(fd, &one, 1, 0, 0) : real_write(fd, bytes, length);
}
ssize_t writev(int fd, const struct iovec *data, int parts) {
  return name_of(fd) ? watched(fd, data, parts, 0, 0) : real_writev(fd, data, parts);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  struct iovec one = {(void *)bytes, length};
  return name_of(fd) ? watched(fd, &one, 1, offset, 1) : real_pwrite(fd, bytes, length, offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

static int flushed(int fd, int (*flush)(int)) {
  const char *name = name_of(fd);
  int done = flush(fd);
  if (name && done == 0) {
    pthread_mutex_lock(&lock);
    record('S', name, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return done;
}
int fsync(int fd) { return flushed(fd, real_fsync); }
int fdatasync(int fd) { return flushed(fd, real_fdatasync); }

int ftruncate64(int fd, off_t length) {
  const char *name = name_of(fd);
  if (!name) return real_ftruncate(fd, length);
  pthread_mutex_lock(&lock);
  int done = -1;
  errno = ENOSPC;
  struct stat st;
  long long shorter = is_full(name) && fstat(fd, &st) == 0 && st.st_size > length ? st.st_size - length : 0;
  if (fits(fd, name, length)) done = real_ftruncate(fd, length);
  if (done == 0) freed += shorter;
  if (done == 0) record('T', name, length, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
  const char *name = below(path);
  struct stat st;
  int known = name && stat(path, &st) == 0;
  int done = real_unlink(path);
  if (known && done == 0) {
    pthread_mutex_lock(&lock);
    if (is_full(name)) freed += st.st_size;
    record('U', name, 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return done;
}

int close(int fd) {
  opened(fd, NULL);
  return real_close(fd);
}

#define MODE(flags)                            \
  mode_t mode = 0;                             \
  if ((flags) & (O_CREAT | O_TMPFILE)) {       \
    va_list rest;                              \
    va_start(rest, flags);                     \
    mode = va_arg(rest, mode_t);               \
    va_end(rest);                              \
  }
int open64(const char *path, int flags, ...) {
  MODE(flags)
  int fd = real_open(path, flags, mode);
  opened(fd, path);
  if (fd >= 0 && (flags & O_TRUNC) && name_of(fd)) {
    pthread_mutex_lock(&lock);
    record('T', names[fd], 0, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return fd;
}
int open(const char *path, int flags, ...) {
  MODE(flags)
  return open64(path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
  MODE(flags)
  int fd = real_openat(at, path, flags, mode);
  opened(fd, path);
  return fd;
}
int openat(int at, const char *path, int flags, ...) {
  MODE(flags)
  return openat64(at, path, flags, mode);
}
