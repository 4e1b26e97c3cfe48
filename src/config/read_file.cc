#include "config/read_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sluice::config {

Result<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    return MakeError(errno == ENOENT ? Code::kNotFound : Code::kIo, "cannot open {}: {}", path,
                     std::strerror(errno));
  }
  std::string content;
  char chunk[64 * 1024];
  while (true) {
    const size_t got = std::fread(chunk, 1, sizeof(chunk), file.get());
    content.append(chunk, got);
    if (content.size() > bytes_max) {
      return MakeError(Code::kTooLarge, "{} has more than {} bytes", path, bytes_max);
    }
    if (got < sizeof(chunk)) break;
  }
  if (std::ferror(file.get()) != 0) {
    return MakeError(Code::kIo, "cannot read {}: {}", path, std::strerror(errno));
  }
  return content;
}

}  // namespace sluice::config
