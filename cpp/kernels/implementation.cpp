#include "kernels/implementation.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "kernels/cpu.hpp"
#include "kernels/implementations.hpp"

namespace htj2k::kernels {
namespace {

#if HTJ2K_X86
// CPUs before Ice Lake and Zen 3 have AVX2, and carry-less multiplication in 128 bits only.
const implementation& avx2_with(const cpu_features& cpu) {
  if (cpu.vpclmulqdq) return avx2_implementation;
  static const implementation narrow_crc32 = [] {
    implementation changed = avx2_implementation;
    changed.crc32 = sse41_implementation.crc32;
    return changed;
  }();
  return narrow_crc32;
}
#endif

std::vector<const implementation*> detect() {
  std::vector<const implementation*> found;
#if HTJ2K_X86
  const cpu_features cpu = detect_cpu();
  if (cpu.avx512 && cpu.vpclmulqdq) found.push_back(&avx512_implementation);
  if (cpu.avx2 && cpu.sse41 && cpu.pclmulqdq) found.push_back(&avx2_with(cpu));
  if (cpu.sse41 && cpu.pclmulqdq) found.push_back(&sse41_implementation);
#elif HTJ2K_ARM64
  if (detect_cpu().pmull) found.push_back(&neon_implementation);
#endif
  found.push_back(&portable_implementation);
  return found;
}

const implementation& choose() {
  const char* forced = std::getenv("HTJ2K_SIMD");
  if (forced == nullptr || *forced == '\0') return *available().front();
  try {
    return find(forced);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(std::string("environment variable HTJ2K_SIMD: ") + e.what());
  }
}

}  // namespace

const std::vector<const implementation*>& available() {
  static const std::vector<const implementation*> found = detect();
  return found;
}

const implementation& find(const char* name) {
  std::string names;
  for (const implementation* candidate : available()) {
    if (std::strcmp(candidate->name, name) == 0) return *candidate;
    names += std::string(names.empty() ? "" : ", ") + candidate->name;
  }
  throw std::invalid_argument("no SIMD implementation '" + std::string(name) +
                              "' on this machine; available: " + names);
}

const implementation& active() {
  static const implementation& chosen = choose();
  return chosen;
}

}  // namespace htj2k::kernels
