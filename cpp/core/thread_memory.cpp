#include "core/thread_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <vector>

#if defined(__GNUC__)
#include <cxxabi.h>
#endif

namespace htj2k {
namespace {

constexpr std::size_t enough = 1 << 16;  // some hundred bytes are needed

std::atomic<std::size_t> num_places{0};

// The only variable with a destructor. All variables of this library get their memory with the first of them.
std::vector<std::shared_ptr<void>>& places() {
  thread_local std::vector<std::shared_ptr<void>> of_thread;
  return of_thread;
}

}  // namespace

void take_thread_memory() {
  // Volatile or declared as const, so that calls whose results nobody keeps are not left out.
  [[maybe_unused]] const volatile std::size_t of_variables = places().size();
#if defined(__GNUC__)
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

std::size_t new_place_in_threads() { return num_places++; }

std::shared_ptr<void>& place_in_thread(std::size_t index) {
  std::vector<std::shared_ptr<void>>& all = places();
  if (index >= all.size()) all.resize(index + 1);
  return all[index];
}

}  // namespace htj2k
