// A disk whose sync takes SLOW_SYNC_US microseconds longer: loaded into the hub by bench/speed.py with LD_PRELOAD.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void delay(void) {
  const char* text = getenv("SLOW_SYNC_US");
  const long us = text ? atol(text) : 0;
  const struct timespec time = {us / 1000000, us % 1000000 * 1000};
  nanosleep(&time, 0);
}

static int real(const char* name, int file) {
  int (*call)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return call(file);
}

int fsync(int file) {
  delay();
  return real("fsync", file);
}

int fdatasync(int file) {
  delay();
  return real("fdatasync", file);
}
