// Memory for many short runs of bytes, which stay where they are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace htj2k::encoder {

class byte_arena {
public:
  const std::uint8_t* keep(const std::uint8_t* bytes, std::size_t size) {
    if (size > left_) add_chunk(size);
    std::uint8_t* const kept = next_;
    std::memcpy(kept, bytes, size);
    next_ += size;
    left_ -= size;
    return kept;
  }

private:
  static constexpr std::size_t usual_size = std::size_t{1} << 16;

  void add_chunk(std::size_t size) {
    const std::size_t chunk_size = std::max(size, usual_size);
    chunks_.push_back(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[chunk_size]));  // not cleared
    next_ = chunks_.back().get();
    left_ = chunk_size;
  }

  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::uint8_t* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace htj2k::encoder
