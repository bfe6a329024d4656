// Shifts the clock of the process that is started with it (LD_PRELOAD) by CLOCK_SHIFT microseconds: see clock.mjs.
// The monotonic clock, by which waits go, stays as it is.

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long shift;

__attribute__((constructor)) static void read_shift(void) {
  const char *text = getenv("CLOCK_SHIFT");
  shift = text ? atoll(text) : 0;
}

// Signal handlers ask for the time, too: nothing here locks, allocates or remembers.
int clock_gettime(clockid_t clock, struct timespec *now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    const long long nanoseconds = now->tv_nsec + shift % 1000000 * 1000;
    now->tv_sec += shift / 1000000 + (nanoseconds >= 1000000000) - (nanoseconds < 0);
    now->tv_nsec = (nanoseconds + 1000000000) % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  if (result == 0) *now = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
  return result;
}

time_t time(time_t *now) {
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return (time_t)-1;
  if (now) *now = precise.tv_sec;
  return precise.tv_sec;
}
