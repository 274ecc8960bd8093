// One subband of one tile-component: its rows are kept until they make a row of codeblocks, which is encoded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/encoder/band_rows.hpp"
#include "core/encoder/block_encoder.hpp"
#include "core/encoder/coded_blocks.hpp"
#include "core/packet_order.hpp"

namespace htj2k::encoder {

template <typename T>
class band_encoder final : public band_target<T> {
public:
  // `resolution` and `blocks` must outlive this.
  band_encoder(const tile_resolution& resolution, unsigned band, block_encoder& blocks)
      : resolution_(&resolution), band_(band), encoder_(&blocks), y_(area().y0) {
    coded_.reserve(std::size_t{resolution.blocks_across(band)} * resolution.blocks_down(band));
  }

  T* next_row() override {
    if (rows_ == nullptr) allocate();
    return rows_.get() + num_rows_ * stride();
  }

  void row_is_written() override {
    ++num_rows_;
    ++y_;
    const std::uint32_t block_height = 1U << resolution_->ycb;
    if (y_ % block_height == 0 || y_ == area().y1) encode_rows();
  }

  // Of all blocks, when all rows are here.
  std::vector<coded_bytes> take() { return std::move(coded_); }
  std::uint32_t magnitudes() const { return magnitudes_; }

private:
  static constexpr std::size_t read_behind = 15;

  const rect& area() const { return resolution_->bands[band_]; }

  // Not a power of two where the width is one: rows of a block would compete for the same places in the
  // cache.
  std::size_t stride() const { return (std::size_t{area().width()} + read_behind) / 16 * 16 + 32; }

  void allocate() {
    const std::size_t count = std::min(area().height(), 1U << resolution_->ycb);
    if (stride() > std::numeric_limits<std::size_t>::max() / sizeof(T) / count) throw std::bad_alloc();
    rows_.reset(new T[count * stride()]);  // not cleared
  }

  void encode_rows() {
    const std::uint32_t block_row = num_block_rows_++;
    for (std::uint32_t column = 0; column < resolution_->blocks_across(band_); ++column) {
      const rect block = resolution_->block_area(band_, column, block_row);
      const block_samples<T> samples{rows_.get() + (block.x0 - area().x0), stride(), block.width(),
                                     block.height()};
      coded_.push_back(encoder_->encode(samples, magnitudes_));
    }
    num_rows_ = 0;
  }

  const tile_resolution* resolution_;
  unsigned band_;
  block_encoder* encoder_;
  std::uint32_t y_;  // of the next row
  std::size_t num_rows_ = 0;
  std::uint32_t num_block_rows_ = 0;
  std::unique_ptr<T[]> rows_;
  std::vector<coded_bytes> coded_;
  std::uint32_t magnitudes_ = 0;
};

}  // namespace htj2k::encoder
