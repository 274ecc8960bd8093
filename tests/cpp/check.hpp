// The least a test needs: CHECK counts and prints failures, finish() makes the exit code.
#pragma once

#include <cstdio>

namespace htj2k::test {

inline int failures = 0;

inline void check(bool ok, const char* what, const char* file, int line) {
  if (ok) return;
  ++failures;
  if (failures <= 20) std::fprintf(stderr, "%s:%d: %s is false\n", file, line, what);
}

inline int finish() {
  if (failures != 0) std::fprintf(stderr, "%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace htj2k::test

#define CHECK(condition) ::htj2k::test::check((condition), #condition, __FILE__, __LINE__)
