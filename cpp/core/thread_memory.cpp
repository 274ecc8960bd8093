#include "core/thread_memory.hpp"

#include <cstddef>
#include <cstdlib>

#if defined(__GNUC__)
#include <cxxabi.h>
#endif

namespace htj2k {
namespace {

constexpr std::size_t enough = 1 << 16;  // some hundred bytes are needed

// All variables of this library get their memory with the first; volatile, or nothing is written to one that
// nobody reads.
thread_local volatile bool taken = false;

}  // namespace

void take_thread_memory() {
  taken = true;
#if defined(__GNUC__)
  // Declared as const, so that a call whose result nobody keeps is left out.
  [[maybe_unused]] const void* volatile of_exceptions = abi::__cxa_get_globals();
#endif
}

bool take_thread_memory_if_there_is() {
  void* volatile probe = std::malloc(enough);  // volatile: or the compiler leaves both calls out
  if (probe == nullptr) return false;
  std::free(probe);
  take_thread_memory();
  return true;
}

}  // namespace htj2k
