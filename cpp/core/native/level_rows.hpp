// One resolution of the image below the one that is decoded, made of rows that its tiles hand out on the way.
#pragma once

#include <cstdint>

#include "core/aligned.hpp"
#include "core/geometry.hpp"
#include "core/native/row_queue.hpp"
#include "core/row_writer.hpp"

namespace htj2k::native {

// Components and tiles bring the parts of a row one after the other, each from the top down.
template <typename T>
class level_rows {
public:
  // Counts in `rows_done` the rows that are written, and leaves out those that are counted already.
  level_rows(const rect& area, std::size_t num_components, row_writer<T> writer, std::uint32_t& rows_done)
      : area_(area),
        num_components_(num_components),
        stride_(whole_lines<T>(area.width())),
        writer_(std::move(writer)),
        rows_done_(rows_done) {}

  const rect& area() const { return area_; }

  // Says how many parts each row has from now on.
  void expect_parts(std::size_t count) { num_parts_ = count; }
  std::size_t num_parts() const { return num_parts_; }

  // Where row `y` of the component goes, counted from the first of this resolution.
  T* line(std::uint32_t y, std::size_t component) {
    while (y - next_ >= rows_.size()) {
      row& added = rows_.push([&] { return row{aligned_array<T>(num_components_ * stride_), 0}; });
      added.num_parts = 0;
    }
    return line_of(rows_[y - next_], component);
  }

  // `count` parts of row `y` are where they belong. Nothing is written once `overflow` is negative.
  void add_parts(std::uint32_t y, std::size_t count, const T& overflow) {
    row& parts = rows_[y - next_];
    parts.num_parts += count;
    if (parts.num_parts < num_parts_) return;
    if (overflow >= 0 && next_ >= rows_done_) {
      for (std::size_t c = 0; c < num_components_; ++c)
        writer_.set_line(static_cast<std::uint32_t>(c), line_of(parts, c));
      writer_.finish_row(next_);
      ++rows_done_;
    }
    rows_.pop();
    ++next_;
  }

private:
  struct row {
    aligned_array<T> samples;
    std::size_t num_parts = 0;
  };

  T* line_of(row& of, std::size_t component) { return of.samples.get() + component * stride_; }

  rect area_;
  std::size_t num_components_;
  std::size_t stride_;
  row_writer<T> writer_;
  std::uint32_t& rows_done_;
  std::size_t num_parts_ = 0;
  std::uint32_t next_ = 0;
  row_queue<row> rows_;
};

}  // namespace htj2k::native
