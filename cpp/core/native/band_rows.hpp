// The coefficients of a subband row by row, from codeblocks that are decoded a strip (a row of them) at a
// time.
#pragma once

#include <algorithm>
#include <atomic>

#include "core/aligned.hpp"
#include "core/native/block_queue.hpp"
#include "core/native/subband.hpp"

namespace htj2k::native {

template <typename T>
class band_rows final : public block_source {
public:
  explicit band_rows(const subband& band)
      : band_(band),
        lead_(band.window.x0 % (cache_line / sizeof(T))),
        stride_(whole_lines<T>(lead_ + band.window.width())),
        columns_(
            run_of(band.window.x0, band.window.x1, band.geometry->bands[band.band].x0, band.geometry->xcb)),
        strips_(
            run_of(band.window.y0, band.window.y1, band.geometry->bands[band.band].y0, band.geometry->ycb)),
        next_(band.window.y0),
        strip_stop_(next_) {}

  // From now on blocks come from the queue, which other threads may help with. `levels`: how often the band
  // is doubled in size until the rows of the image are reached.
  void enqueue(block_queue& queue, unsigned levels) {
    queue_ = &queue;
    num_buffers_ = block_queue::strips_in_memory;
    allocate();
    if (band_.window.is_empty()) return;
    for (std::uint32_t strip = 0; strip < strips_.count; ++strip) {
      const std::uint64_t start = window_of(strip, 0).y0 - band_.window.y0;
      queue.add(*this, strip, columns_.count, start << levels);
    }
  }

  // Valid until the next call, and the caller's to change. Not for empty subbands. `overflow` becomes
  // negative when a coefficient does not fit an int16_t.
  T* next(T& overflow) {
    if (next_ == strip_stop_) load_strip(overflow);
    return strip_ + (next_++ - strip_start_) * stride_;
  }

  void decode_block(std::uint32_t strip, std::uint32_t column, block_decoder& decoder) override {
    prefetch_behind(strip, column);
    T overflow = 0;
    const std::uint32_t x = window_of(strip, column).x0 - band_.window.x0;
    native::decode_block(band_, columns_.first + column, strips_.first + strip, decoder, buffer_of(strip) + x,
                         stride_, overflow);
    if (overflow < 0) has_overflow_.store(true, std::memory_order_relaxed);
  }

private:
  // The codeblocks that a window meets along one dimension.
  struct block_run {
    std::uint32_t first = 0, count = 0;
  };
  static block_run run_of(std::uint32_t begin, std::uint32_t end, std::uint32_t band_begin,
                          unsigned log_block) {
    return {(begin >> log_block) - (band_begin >> log_block),
            static_cast<std::uint32_t>(count_cells(begin, end, log_block))};
  }

  rect window_of(std::uint32_t strip, std::uint32_t column) const {
    return band_.block_window(columns_.first + column, strips_.first + strip);
  }

  // The block that comes next in the band.
  void prefetch_behind(std::uint32_t strip, std::uint32_t column) const {
    if (++column == columns_.count) {
      column = 0;
      ++strip;
    }
    if (strip < strips_.count) prefetch_block(band_, columns_.first + column, strips_.first + strip);
  }

  void allocate() {
    const std::uint32_t highest = std::min<std::uint32_t>(1U << band_.geometry->ycb, band_.window.height());
    buffer_size_ = stride_ * highest;
    memory_ = aligned_array<T>(buffer_size_ * num_buffers_);  // every block fills its part
  }

  T* buffer_of(std::uint32_t strip) { return memory_.get() + strip % num_buffers_ * buffer_size_ + lead_; }

  void load_strip(T& overflow) {
    if (memory_.get() == nullptr) allocate();
    const std::uint32_t strip = strips_loaded_++;
    if (queue_ != nullptr)
      queue_->take(*this, strip);
    else
      for (std::uint32_t column = 0; column < columns_.count; ++column)
        decode_block(strip, column, own_block_decoder());
    if (has_overflow_.load(std::memory_order_relaxed)) overflow = -1;
    strip_ = buffer_of(strip);
    const rect first = window_of(strip, 0);
    strip_start_ = first.y0;
    strip_stop_ = first.y1;
  }

  subband band_;
  // Where codeblocks meet, cache lines do.
  std::size_t lead_, stride_;
  block_run columns_, strips_;
  std::uint32_t next_;
  std::uint32_t strip_start_ = 0, strip_stop_;
  std::uint32_t strips_loaded_ = 0;
  std::uint32_t num_buffers_ = 1;
  std::size_t buffer_size_ = 0;
  aligned_array<T> memory_;
  T* strip_ = nullptr;
  block_queue* queue_ = nullptr;
  std::atomic<bool> has_overflow_{false};
};

}  // namespace htj2k::native
