// Notes what of a process's files would survive a loss of power: loaded into the hub by kill_test.py with LD_PRELOAD.
// Appends to the file named by POWER_LOSS_NOTES: "S INODE BYTES" where so many bytes of a file are on the disk, and
// "N INODE" where its name is. As in the tests' file system for RocksDB, a rename is durable at once with the names
// made before it.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int notes = -1;

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("POWER_LOSS_NOTES");
  if (path) notes = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void note(const char* line, int length) {
  // Losing a note would make the test look for what nobody promised, so it ends here.
  if (notes >= 0 && write(notes, line, (size_t)length) != length) abort();
}

static void note_names(DIR* folder) {
  if (!folder) return;
  char line[64];
  for (struct dirent* entry; (entry = readdir(folder));)
    note(line, snprintf(line, sizeof line, "N %lu\n", (unsigned long)entry->d_ino));
  closedir(folder);
}

static int sync_with(const char* name, int file) {
  int (*call)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  const int known = fstat(file, &before) == 0;
  const int result = call(file);
  if (result != 0 || !known || notes < 0) return result;
  if (S_ISDIR(before.st_mode)) {
    const int again = openat(file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again >= 0) note_names(fdopendir(again));
    return result;
  }
  char line[64];
  // What was appended while the call went on may not be there.
  note(line, snprintf(line, sizeof line, "S %lu %ld\n", (unsigned long)before.st_ino, (long)before.st_size));
  return result;
}

int fsync(int file) { return sync_with("fsync", file); }

int fdatasync(int file) { return sync_with("fdatasync", file); }

int rename(const char* from, const char* to) {
  int (*call)(const char*, const char*) = (int (*)(const char*, const char*))dlsym(RTLD_NEXT, "rename");
  const int result = call(from, to);
  if (result != 0 || notes < 0) return result;
  char folder[4096];
  snprintf(folder, sizeof folder, "%s", to);
  char* const end = strrchr(folder, '/');
  if (end) *end = 0;
  note_names(opendir(end ? folder : "."));
  return result;
}
