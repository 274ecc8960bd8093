// Where decoded rows of samples go: into rows of interleaved pixels, or each component into memory of its
// own.
#pragma once

#include <utility>
#include <vector>

#include "core/component_planes.hpp"
#include "core/native/pixel_grid.hpp"
#include "core/native/tile_rows.hpp"
#include "core/row_writer.hpp"

namespace htj2k::native {

// Samples that cover several pixels are repeated.
template <typename T>
class pixel_rows {
public:
  pixel_rows(const pixel_grid& grid, row_writer<T> rows)
      : grid_(grid), rows_(std::move(rows)), spread_(grid.samples().size()), lines_(grid.samples().size()) {}

  // Where the rows of a component will be.
  void set_line(std::uint32_t component, const T* line) {
    lines_[component] = line;
    if (grid_.columns_of_sample(component) > 1) {
      spreads_ = true;
      spread_[component].resize(rows_.width());
      line = spread_[component].data();
    }
    rows_.set_line(component, line);
  }

  // The next row of these components is there.
  void take_lines(const component_run& run, std::uint32_t) {
    if (!spreads_) return;
    for (std::uint32_t c = run.first; c < run.stop; ++c)
      if (!spread_[c].empty())
        repeat_samples(lines_[c], grid_.samples()[c].width(), grid_.columns_of_sample(c),
                       grid_.columns_hidden(c), spread_[c]);
  }

  // All that row `y` of the pixels shows is there.
  void finish_row(std::uint32_t y) { rows_.finish_row(y); }

private:
  const pixel_grid& grid_;
  row_writer<T> rows_;
  bool spreads_ = false;
  std::vector<std::vector<T>> spread_;  // over the pixels; empty where they are the samples
  std::vector<const T*> lines_;
};

template <typename T>
class component_rows {
public:
  explicit component_rows(std::vector<row_writer<T>> writers) : writers_(std::move(writers)) {}

  void begin_tiles() {}
  void listen_to(const tile_plan&, tile_rows<T>&) {}
  void set_line(std::uint32_t component, const T* line) { writers_[component].set_line(0, line); }
  void take_lines(const component_run& run, std::uint32_t line) {
    for (std::uint32_t c = run.first; c < run.stop; ++c) writers_[c].finish_row(line);
  }
  void finish_row(std::uint32_t) {}

private:
  std::vector<row_writer<T>> writers_;
};

}  // namespace htj2k::native
