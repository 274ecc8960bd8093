// Memory between two pages that may not be touched: one byte read or written outside ends the test.
// Where there is no mmap, plain memory: the values are still checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#define HTJ2K_GUARD_PAGES 1
#else
#define HTJ2K_GUARD_PAGES 0
#endif

namespace htj2k::test {

class guarded {
public:
  explicit guarded(std::size_t least) {
#if HTJ2K_GUARD_PAGES
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    size_ = (least + page_ - 1) / page_ * page_;
    void* all = mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::uint8_t*>(all) + page_;
    if (mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
#else
    size_ = least;
    begin_ = static_cast<std::uint8_t*>(std::malloc(size_));
    if (begin_ == nullptr) throw std::bad_alloc();
#endif
  }
  ~guarded() {
#if HTJ2K_GUARD_PAGES
    munmap(begin_ - page_, size_ + 2 * page_);
#else
    std::free(begin_);
#endif
  }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;

  std::size_t size() const { return size_; }
  std::uint8_t* first() const { return begin_; }                            // right after a forbidden page
  std::uint8_t* last(std::size_t n) const { return begin_ + (size_ - n); }  // n bytes right before one

  template <typename T>
  T* first_of() const {
    return reinterpret_cast<T*>(first());
  }
  template <typename T>
  T* last_of(std::size_t n) const {
    return reinterpret_cast<T*>(last(n * sizeof(T)));
  }

private:
  std::size_t page_ = 0;
  std::size_t size_ = 0;
  std::uint8_t* begin_ = nullptr;
};

}  // namespace htj2k::test
