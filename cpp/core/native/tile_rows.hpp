// The samples of one tile row by row: wavelet, component transform and level shift undone, not yet clamped.
#pragma once

#include <memory>
#include <vector>

#include "core/native/component_plan.hpp"
#include "core/native/pixel_grid.hpp"
#include "core/native/resolution_rows.hpp"
#include "core/native/sample_rows.hpp"

namespace htj2k::native {

// T holds the samples, and the coefficients of reversible components.
template <typename T>
class tile_rows {
public:
  explicit tile_rows(const tile_plan& plan) : plan_(plan), samples_(plan) {
    for (const component_plan& component : plan.components) {
      auto& rows = sources_.emplace_back();
      if (component.is_empty()) continue;
      if (component.reversible)
        rows.exact = std::make_unique<resolution_rows<T>>(component, component.resolution);
      else
        rows.real = std::make_unique<resolution_rows<float>>(component, component.resolution);
    }
  }

  // See band_rows.
  void enqueue(block_queue& queue) {
    for (std::size_t c = 0; c < sources_.size(); ++c) {
      const unsigned levels = plan_.components[c].log_rows;
      if (sources_[c].exact) sources_[c].exact->enqueue(queue, levels);
      if (sources_[c].real) sources_[c].real->enqueue(queue, levels);
    }
  }

  // Has the rows of a component seen, at the resolution `below` the decoded one, by a tap for both types.
  template <typename Tap>
  void set_tap(std::size_t component, unsigned below, Tap& tap) {
    source& rows = sources_[component];
    if (rows.exact) rows.exact->set_tap(below, tap);
    if (rows.real) rows.real->set_tap(below, tap);
  }

  // Writes the next row of each component of the run, which are not empty, at lines[c]. `overflow` becomes
  // negative when T is int16_t and does not hold a value.
  void next(const component_run& run, T* const* lines, T& overflow) {
    std::size_t c = run.first;
    if (c < samples_.num_colors()) {
      component_row<T> rows[3];
      for (; c < 3; ++c) rows[c] = next_of(c, overflow);
      samples_.take_colors(rows, lines, overflow);
    }
    for (; c < run.stop; ++c) samples_.take(c, next_of(c, overflow), lines[c], overflow);
  }

private:
  struct source {
    std::unique_ptr<resolution_rows<T>> exact;
    std::unique_ptr<resolution_rows<float>> real;
  };

  component_row<T> next_of(std::size_t c, T& overflow) {
    if (sources_[c].exact) return {sources_[c].exact->next(overflow), nullptr};
    float no_overflow = 0;
    return {nullptr, sources_[c].real->next(no_overflow)};
  }

  const tile_plan& plan_;
  sample_rows<T> samples_;
  std::vector<source> sources_;
};

}  // namespace htj2k::native
