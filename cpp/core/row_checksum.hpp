// CRC-32 of an image row by row, computed over several rows at a time where they follow each other in memory:
// a call costs as much as some hundred bytes do.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/implementation.hpp"

namespace htj2k {

class row_checksum {
public:
  row_checksum(const kernels::implementation& kernels, std::size_t row_bytes, std::uint32_t num_rows)
      : crc32_(kernels.crc32), row_bytes_(row_bytes) {
    const std::size_t rows = std::min<std::size_t>(enough / std::max<std::size_t>(row_bytes, 1), num_rows);
    room_ = std::max<std::size_t>(rows, 1) * row_bytes;
  }

  // Where the next row may be packed.
  std::uint8_t* next_row() {
    if (memory_ == nullptr) memory_.reset(new std::uint8_t[room_]);
    if (run_ != memory_.get() || size_ + row_bytes_ > room_) start_at(memory_.get());
    return memory_.get() + size_;
  }

  // Takes a row: there, or in memory that does not change before finish().
  void add(const std::uint8_t* row) {
    if (row != run_ + size_) start_at(row);
    size_ += row_bytes_;
    if (size_ >= enough) start_at(nullptr);
  }

  // Of all rows so far.
  std::uint32_t finish() {
    start_at(nullptr);
    return crc_;
  }

private:
  static constexpr std::size_t enough = 8192;  // bytes, which are still in the nearest cache

  void start_at(const std::uint8_t* run) {
    if (size_ != 0) crc_ = crc32_(crc_, run_, size_);
    run_ = run;
    size_ = 0;
  }

  std::uint32_t (*crc32_)(std::uint32_t crc, const std::uint8_t* data, std::size_t size);
  std::size_t row_bytes_;
  std::size_t room_;  // bytes of `memory_`
  std::unique_ptr<std::uint8_t[]> memory_;
  const std::uint8_t* run_ = nullptr;  // rows that are not in the checksum yet
  std::size_t size_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace htj2k
