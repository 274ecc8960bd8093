// Bytes that are appended to and then handed over once. Growing a single array would copy them again and
// again and hold two of them meanwhile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>

namespace htj2k {

class byte_chunks {
public:
  void append(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    while (size != 0) {
      if (free_ == 0) add_chunk();
      const std::size_t n = std::min(size, free_);
      std::memcpy(chunks_.back().get() + (chunk_size - free_), bytes, n);
      bytes += n;
      size -= n;
      free_ -= n;
    }
  }

  std::size_t size() const { return chunks_.size() * chunk_size - free_; }

  std::uint8_t operator[](std::size_t i) const { return chunks_[i / chunk_size][i % chunk_size]; }

  // Copies all bytes to `target` and frees them on the way, so that they never lie in memory twice.
  void move_to(std::uint8_t* target) {
    while (!chunks_.empty()) {
      const std::size_t n = chunks_.size() == 1 ? chunk_size - free_ : chunk_size;
      std::memcpy(target, chunks_.front().get(), n);
      target += n;
      chunks_.pop_front();
    }
    free_ = 0;
  }

private:
  static constexpr std::size_t chunk_size = std::size_t{1} << 18;

  void add_chunk() {
    chunks_.emplace_back(new std::uint8_t[chunk_size]);
    free_ = chunk_size;
  }

  std::deque<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::size_t free_ = 0;  // at the end of the last chunk
};

}  // namespace htj2k
