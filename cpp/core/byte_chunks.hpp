// Bytes that are appended to and then handed over once. Growing a single array would copy them again and
// again and hold two of them meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace htj2k {

class byte_chunks {
public:
  byte_chunks() = default;
  byte_chunks(byte_chunks&& other) noexcept { swap(other); }
  byte_chunks& operator=(byte_chunks&& other) noexcept {
    swap(other);
    return *this;
  }
  ~byte_chunks();

  void append(const void* data, std::size_t size);
  // Bytes that are there already, from `start` on.
  void overwrite(std::size_t start, const void* data, std::size_t size);
  std::size_t size() const { return chunks_.size() * chunk_size - free_; }
  std::uint8_t operator[](std::size_t i) const { return chunks_[i / chunk_size][i % chunk_size]; }

  // Copies all bytes to `target` and frees them on the way, so that they never lie in memory twice.
  void move_to(std::uint8_t* target);

private:
  using chunk = std::unique_ptr<std::uint8_t[]>;
  static constexpr std::size_t chunk_size = std::size_t{1} << 16;

  void swap(byte_chunks& other) noexcept {
    chunks_.swap(other.chunks_);
    std::swap(free_, other.free_);
  }

  // A thread keeps some chunks for its next image: fresh memory costs a page fault every 4 KiB.
  static chunk take_chunk();
  static void give_back(chunk used);

  std::vector<chunk> chunks_;
  std::size_t free_ = 0;  // at the end of the last chunk
};

}  // namespace htj2k
