# Each dependency, its version on Debian 12, the folder that includes it, and why it is here.
# sluice_dependency(NAME ...) makes an interface target dep_NAME.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

function(sluice_dependency name)
  cmake_parse_arguments(ARG "" "" "LIBS;INCLUDES;PKG" ${ARGN})
  add_library(dep_${name} INTERFACE)
  if(ARG_PKG)
    pkg_check_modules(PC_${name} REQUIRED IMPORTED_TARGET ${ARG_PKG})
    target_link_libraries(dep_${name} INTERFACE PkgConfig::PC_${name})
  endif()
  target_link_libraries(dep_${name} INTERFACE ${ARG_LIBS})
  target_include_directories(dep_${name} SYSTEM INTERFACE ${ARG_INCLUDES})
endfunction()

# everywhere: fmt 9.1, formatting (std::format is not in g++ 12).
sluice_dependency(fmt LIBS fmt Threads::Threads)
# value: simdjson 3.0.1, the fastest JSON parser there is.
sluice_dependency(simdjson LIBS simdjson)
# value: xxHash 0.8.1, XXH3-128 is the identity of entities.
sluice_dependency(xxhash LIBS xxhash)
# storage: RocksDB 7.8.3, an embedded ordered store with atomic batches and snapshots.
if(SLUICE_ROCKSDB_ROOT)
  sluice_dependency(rocksdb LIBS ${SLUICE_ROCKSDB_ROOT}/lib/librocksdb.a lz4 zstd INCLUDES ${SLUICE_ROCKSDB_ROOT}/include)
else()
  sluice_dependency(rocksdb LIBS rocksdb lz4 zstd)
endif()
# storage: CRoaring 0.2.66, bitmaps over offsets with rank and select.
sluice_dependency(roaring LIBS roaring)
# crypto: OpenSSL 3.0, TLS, signatures, ciphers.
sluice_dependency(openssl LIBS ssl crypto)
# crypto: libsodium 1.0.18, secrets at rest.
sluice_dependency(sodium LIBS sodium)
# crypto: GPGME 1.18, OpenPGP messages through GnuPG.
sluice_dependency(gpgme PKG gpgme)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND SLUICE_SANITIZE)
  # gpg-error.h includes <sanitizer/lsan_interface.h>, which clang's package has not; GCC's is the same.
  execute_process(COMMAND g++ -print-file-name=include OUTPUT_VARIABLE SLUICE_GCC_INCLUDE
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  target_compile_options(dep_gpgme INTERFACE -idirafter ${SLUICE_GCC_INCLUDE})
endif()
# net: libcurl 7.88, the HTTP client and the URL parser.
sluice_dependency(curl LIBS curl)
# net, api, config: zlib 1.2, gzip on the wire and zip archives of configurations.
sluice_dependency(zlib LIBS z)
# functions: cctz 2.3, the IANA time zone database.
sluice_dependency(cctz LIBS cctz)
# functions: ICU 72, case mapping and normalisation of Unicode.
sluice_dependency(icu PKG icu-uc icu-i18n)
# functions: RE2, regular expressions in linear time.
sluice_dependency(re2 LIBS re2)
# functions: libphonenumber 8.12.
sluice_dependency(phonenumber LIBS phonenumber)
# api: Boost.Beast and Asio, the HTTP server (headers only).
sluice_dependency(beast LIBS Threads::Threads)
# server: CLI11 2.1, the command line.
sluice_dependency(cli11)
if(SLUICE_TESTS)
  # tests: GoogleTest 1.12.
  find_package(GTest REQUIRED)
  sluice_dependency(gtest LIBS GTest::gmock GTest::gtest)
endif()
if(SLUICE_BENCHMARKS)
  # benchmarks: Google Benchmark 1.7.
  sluice_dependency(benchmark LIBS benchmark)
endif()
