#include "failing_allocator.hpp"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max() / 2;

std::atomic<std::size_t> until_failure{never};
std::atomic<bool> goes_on{false};
std::atomic<bool> has_failed{false};
std::atomic<long> live{0};

bool is_to_fail() {
  const std::size_t left = until_failure.fetch_sub(1);
  // Beyond zero the number wraps around to a large one, which stays above `never` for as long as a test
  // lasts.
  const bool fails = left == 1 || (goes_on && (left == 0 || left > never));
  if (fails) has_failed = true;
  return fails;
}

void* counted(void* memory) {
  if (memory != nullptr) ++live;
  return memory;
}

}  // namespace

namespace htj2k::test {

void fail_allocation(std::size_t n, failing mode) {
  has_failed = false;
  goes_on = mode == failing::from_then_on;
  until_failure = n;
}

bool stop_failing() {
  goes_on = false;
  until_failure = never;
  return has_failed;
}

long live_allocations() { return live; }

}  // namespace htj2k::test

extern "C" {
void* __real_malloc(std::size_t);
void* __real_calloc(std::size_t, std::size_t);
void* __real_realloc(void*, std::size_t);
void __real_free(void*);
int __real_posix_memalign(void**, std::size_t, std::size_t);
void* __real_aligned_alloc(std::size_t, std::size_t);

void* __wrap_malloc(std::size_t size) { return is_to_fail() ? nullptr : counted(__real_malloc(size)); }
void* __wrap_calloc(std::size_t count, std::size_t size) {
  return is_to_fail() ? nullptr : counted(__real_calloc(count, size));
}
void* __wrap_realloc(void* memory, std::size_t size) {
  if (is_to_fail()) return nullptr;
  void* moved = __real_realloc(memory, size);
  return memory == nullptr ? counted(moved) : moved;
}
void __wrap_free(void* memory) {
  if (memory != nullptr) --live;
  __real_free(memory);
}
int __wrap_posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  if (is_to_fail()) return 12;  // ENOMEM
  const int result = __real_posix_memalign(memory, alignment, size);
  if (result == 0) ++live;
  return result;
}
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  return is_to_fail() ? nullptr : counted(__real_aligned_alloc(alignment, size));
}
}

// The array forms of the library end here, and the nothrow one does but for AddressSanitizer's.
void* operator new(std::size_t size) {
  void* memory = __wrap_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return __wrap_malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __wrap_free(memory); }
