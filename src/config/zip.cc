#include "config/zip.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/check.h"
#include "base/limits.h"

namespace sluice::config {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalBytes = 30;
constexpr size_t kCentralBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kCommentBytesMax = 65535;
constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
constexpr uint16_t kEncrypted = 1;
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint32_t kInZip64 = 0xFFFFFFFF;
constexpr uint32_t kCountInZip64 = 0xFFFF;
constexpr uint16_t kVersionNeeded = 20;
constexpr uint16_t kVersionZip64 = 45;
constexpr uint16_t kDate1980 = 0x0021;    // 1980-01-01, the earliest that the format has.
constexpr uint16_t kMadeByUnix = 3 << 8;  // So that the mode below counts.
constexpr uint32_t kFileMode = 0100644U << 16;
constexpr size_t kDeflateRatioMax = 1032;  // No deflated text unpacks to more times its size.

// Reads little-endian numbers; zero beyond the end, which the callers have checked.
uint32_t Number(std::string_view bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size && at + i < bytes.size(); ++i) {
    number |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return number;
}
uint16_t Short(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(Number(bytes, at, 2));
}
uint32_t Long(std::string_view bytes, size_t at) { return Number(bytes, at, 4); }

void PutShort(std::string& out, uint32_t number) {
  out.push_back(static_cast<char>(number & 0xFF));
  out.push_back(static_cast<char>(number >> 8 & 0xFF));
}
void PutLong(std::string& out, uint32_t number) {
  PutShort(out, number & 0xFFFF);
  PutShort(out, number >> 16);
}

void PutLongLong(std::string& out, uint64_t number) {
  PutLong(out, static_cast<uint32_t>(number));
  PutLong(out, static_cast<uint32_t>(number >> 32));
}

uint32_t Checksum(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <class... Args>
Error Bad(fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(Code::kBadData, "the zip archive is not usable: {}",
                   fmt::format(format, std::forward<Args>(args)...));
}

// One entry of the central directory.
struct Entry {
  std::string_view name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  uint32_t packed = 0;
  uint32_t unpacked = 0;
  uint32_t local = 0;
};

Result<void> CheckName(std::string_view name) {
  const auto bad = [&](std::string_view why) {
    std::string shown;
    for (const char c : name.substr(0, 80)) shown.push_back(c < ' ' || c > '~' ? '?' : c);
    return Bad("the name \"{}\" {}", shown, why);
  };
  if (name.empty()) return Bad("a file has no name");
  if (name.front() == '/') return bad("is not relative");
  if (name.find('\\') != std::string_view::npos || name.find(':') != std::string_view::npos) {
    return bad("has a character that is no part of a portable name");
  }
  if (name.find('\0') != std::string_view::npos) return bad("has a null character");
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view step = name.substr(begin, end - begin);
    if (step == "..") return bad("leads outside");
    if (step.empty() || step == ".") return bad("has an empty step");
    begin = end + 1;
  }
  return {};
}

// The end record, which stands last, before a comment of known length.
Result<size_t> FindEnd(std::string_view archive) {
  if (archive.size() < kEndBytes) return Bad("it is too short");
  const size_t last = archive.size() - kEndBytes;
  for (size_t back = 0; back <= std::min(last, kCommentBytesMax); ++back) {
    const size_t at = last - back;
    if (Long(archive, at) == kEndSignature && Short(archive, at + 20) == back) return at;
  }
  return Bad("it has no end record, it may be cut off");
}

// Where the directory lies, and how many entries it has.
struct DirectoryPlace {
  size_t count = 0;
  size_t begin = 0;
  size_t end = 0;
};

// More entries than 65,534 are counted in a second end record before the first one; all offsets of
// an archive within our limits fit the first.
Result<DirectoryPlace> FindDirectory(std::string_view archive) {
  SLUICE_TRY(const size_t end, FindEnd(archive));
  DirectoryPlace place{
      .count = Short(archive, end + 10), .begin = Long(archive, end + 16), .end = end};
  const uint64_t size = Long(archive, end + 12);
  if (Short(archive, end + 4) != 0 || Short(archive, end + 8) != place.count) {
    return Bad("it is one of several parts");
  }
  if (place.begin == kInZip64 || size == kInZip64) return Bad("it is a zip64 archive");
  if (place.count == kCountInZip64) {
    if (end < kLocator64Bytes + kEnd64Bytes) return Bad("its second end record is missing");
    place.end = end - kLocator64Bytes - kEnd64Bytes;
    if (Long(archive, place.end) != kEnd64Signature ||
        Long(archive, place.end + kEnd64Bytes) != kLocator64Signature ||
        Long(archive, place.end + 36) != 0) {
      return Bad("its second end record is missing");
    }
    place.count = Long(archive, place.end + 32);
  }
  if (place.begin + size != place.end) {
    return Bad("its directory does not end where its end record begins");
  }
  return place;
}

Result<std::vector<Entry>> ReadDirectory(std::string_view archive) {
  SLUICE_TRY(const DirectoryPlace place, FindDirectory(archive));
  const auto [count, begin, end] = place;
  if (count > limits::kConfigFilesMax) {
    return MakeError(Code::kTooLarge, "an archive has at most {} files, found {}",
                     limits::kConfigFilesMax, count);
  }
  std::vector<Entry> entries;
  size_t at = begin;
  for (size_t i = 0; i < count; ++i) {
    if (end - at < kCentralBytes || Long(archive, at) != kCentralSignature) {
      return Bad("entry {} of its directory is broken", i);
    }
    const size_t name_bytes = Short(archive, at + 28);
    const size_t whole =
        kCentralBytes + name_bytes + Short(archive, at + 30) + Short(archive, at + 32);
    if (end - at < whole) return Bad("entry {} of its directory is broken", i);
    entries.push_back({.name = archive.substr(at + kCentralBytes, name_bytes),
                       .flags = Short(archive, at + 8),
                       .method = Short(archive, at + 10),
                       .checksum = Long(archive, at + 16),
                       .packed = Long(archive, at + 20),
                       .unpacked = Long(archive, at + 24),
                       .local = Long(archive, at + 42)});
    at += whole;
  }
  if (at != end) return Bad("its directory has more than its entries");
  return entries;
}

// All limits, before anything is unpacked.
Result<void> CheckSizes(const std::vector<Entry>& entries) {
  uint64_t together = 0;
  for (const Entry& entry : entries) {
    if (entry.packed == kInZip64 || entry.unpacked == kInZip64) {
      return Bad("it is a zip64 archive");
    }
    if (entry.unpacked > limits::kConfigDocumentBytesMax) {
      return MakeError(Code::kTooLarge, "a file of a configuration has at most {} bytes, {} has {}",
                       limits::kConfigDocumentBytesMax, entry.name, entry.unpacked);
    }
    if (entry.unpacked / kDeflateRatioMax > entry.packed) {
      return Bad("the sizes of \"{}\" cannot be right", entry.name);
    }
    together += entry.unpacked;
  }
  if (together > limits::kConfigUploadBytesMax) {
    return MakeError(Code::kTooLarge, "a configuration has at most {} bytes, this one has {}",
                     limits::kConfigUploadBytesMax, together);
  }
  return {};
}

Result<std::string> Inflate(std::string_view packed, const Entry& entry) {
  std::string bytes(entry.unpacked, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return MakeError(Code::kInternal, "zlib cannot be initialised");
  }
  // One byte of room even for an empty file: zlib refuses a null buffer.
  Bytef none = 0;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = bytes.empty() ? &none : reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) return Bad("\"{}\" does not unpack to its {} bytes", entry.name, entry.unpacked);
  return bytes;
}

// Where an entry's packed bytes lie.
Result<std::string_view> PackedBytes(std::string_view archive, const Entry& entry) {
  const uint64_t at = entry.local;
  if (at + kLocalBytes > archive.size() || Long(archive, at) != kLocalSignature) {
    return Bad("\"{}\" is not where its directory says", entry.name);
  }
  const uint64_t begin = at + kLocalBytes + Short(archive, at + 26) + Short(archive, at + 28);
  if (begin + entry.packed > archive.size()) return Bad("\"{}\" is cut off", entry.name);
  return archive.substr(begin, entry.packed);
}

Result<std::string> Unpack(std::string_view packed, const Entry& entry) {
  if ((entry.flags & kEncrypted) != 0) return Bad("\"{}\" is encrypted", entry.name);
  std::string bytes;
  if (entry.method == kDeflated) {
    SLUICE_TRY(bytes, Inflate(packed, entry));
  } else if (entry.method == kStored && entry.packed == entry.unpacked) {
    bytes = packed;
  } else {
    return Bad("\"{}\" is packed by method {}, expected 0 (stored) or 8 (deflated)", entry.name,
               entry.method);
  }
  if (Checksum(bytes) != entry.checksum) return Bad("the checksum of \"{}\" is wrong", entry.name);
  return bytes;
}

// Nothing where that would not save bytes.
std::optional<std::string> Deflate(std::string_view bytes) {
  constexpr size_t kWorthwhileBytes = 32;  // Setting zlib up costs more than such files hold.
  if (bytes.size() < kWorthwhileBytes) return std::nullopt;
  z_stream stream{};
  SLUICE_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  SLUICE_CHECK(status == Z_STREAM_END);
  return packed.size() < bytes.size() ? std::optional(std::move(packed)) : std::nullopt;
}

// What the local header and the directory say alike, from "version needed" to the length of the
// name.
std::string SharedHeader(const ZipFile& file, uint16_t method, size_t packed_bytes) {
  std::string header;
  PutShort(header, kVersionNeeded);
  PutShort(header, kUtf8Names);
  PutShort(header, method);
  PutShort(header, 0);
  PutShort(header, kDate1980);
  PutLong(header, Checksum(file.bytes));
  PutLong(header, static_cast<uint32_t>(packed_bytes));
  PutLong(header, static_cast<uint32_t>(file.bytes.size()));
  PutShort(header, static_cast<uint32_t>(file.name.size()));
  PutShort(header, 0);
  return header;
}

void AppendDirectory(std::string& archive, const std::string& directory, size_t count) {
  const size_t begin = archive.size();
  archive.append(directory);
  if (count >= kCountInZip64) {
    const size_t end64 = archive.size();
    PutLong(archive, kEnd64Signature);
    PutLongLong(archive, kEnd64Bytes - 12);  // What follows.
    PutShort(archive, kMadeByUnix | kVersionZip64);
    PutShort(archive, kVersionZip64);
    PutLongLong(archive, 0);  // This part, and that of the directory.
    PutLongLong(archive, count);
    PutLongLong(archive, count);
    PutLongLong(archive, directory.size());
    PutLongLong(archive, begin);
    PutLong(archive, kLocator64Signature);
    PutLong(archive, 0);
    PutLongLong(archive, end64);
    PutLong(archive, 1);
  }
  const uint32_t shown = static_cast<uint32_t>(std::min<size_t>(count, kCountInZip64));
  PutLong(archive, kEndSignature);
  PutLong(archive, 0);
  PutShort(archive, shown);
  PutShort(archive, shown);
  PutLong(archive, static_cast<uint32_t>(directory.size()));
  PutLong(archive, static_cast<uint32_t>(begin));
  PutShort(archive, 0);
}

}  // namespace

Result<std::vector<ZipFile>> ReadZip(std::string_view archive) {
  if (archive.size() > limits::kConfigUploadBytesMax) {
    return MakeError(Code::kTooLarge, "an archive has at most {} bytes, found {}",
                     limits::kConfigUploadBytesMax, archive.size());
  }
  SLUICE_TRY(const auto entries, ReadDirectory(archive));
  SLUICE_TRY(CheckSizes(entries));
  std::vector<ZipFile> files;
  std::set<std::string_view> names;
  std::vector<std::pair<size_t, size_t>> ranges;
  for (const Entry& entry : entries) {
    SLUICE_TRY(CheckName(entry.name));
    if (entry.name.back() == '/') continue;
    if (!names.insert(entry.name).second) return Bad("\"{}\" is in it twice", entry.name);
    SLUICE_TRY(const std::string_view packed, PackedBytes(archive, entry));
    ranges.emplace_back(entry.local, packed.data() + packed.size() - archive.data());
    SLUICE_TRY(std::string bytes, Unpack(packed, entry));
    files.push_back({std::string(entry.name), std::move(bytes)});
  }
  // Files that share bytes are how small archives unpack to large ones.
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) return Bad("its files overlap");
  }
  return files;
}

std::string WriteZip(const std::vector<ZipFile>& files) {
  std::string archive;
  std::string directory;
  for (const ZipFile& file : files) {
    const auto deflated = Deflate(file.bytes);
    const std::string& packed = deflated ? *deflated : file.bytes;
    const std::string header = SharedHeader(file, deflated ? kDeflated : kStored, packed.size());
    const size_t local = archive.size();
    PutLong(archive, kLocalSignature);
    archive.append(header).append(file.name).append(packed);

    PutLong(directory, kCentralSignature);
    PutShort(directory, kMadeByUnix | kVersionNeeded);
    directory.append(header);
    PutShort(directory, 0);  // Comment.
    PutShort(directory, 0);  // Part.
    PutShort(directory, 0);  // Internal attributes.
    PutLong(directory, kFileMode);
    PutLong(directory, static_cast<uint32_t>(local));
    directory.append(file.name);
  }
  AppendDirectory(archive, directory, files.size());
  return archive;
}

}  // namespace sluice::config
